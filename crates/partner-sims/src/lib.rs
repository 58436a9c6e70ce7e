//! A simulated wallet and a simulated acquirer as HTTP servers.
