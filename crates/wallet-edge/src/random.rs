//! What the edge draws, since the machine draws nothing.

use aws_lc_rs::rand;

/// 128 bits that nobody can guess.
pub(crate) fn bits() -> u128 {
    let mut bytes = [0; 16];
    // Without random bits nothing that is drawn here may go out.
    rand::fill(&mut bytes).expect("the system gives random bytes");
    u128::from_be_bytes(bytes)
}
