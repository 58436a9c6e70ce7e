//! Positions on the earth, the distance between two, and the nearest of many. Without floats.
//!
//! A [`Position`] is degrees in millionths. For distances it becomes a point of a unit sphere with
//! integer coordinates (see [`Position::distance_m`]), and a straight line through the
//! earth orders as the way over its surface does. A [`StoreIndex`] finds the nearest stores of a
//! position in a tree over these points, so that neither the date line nor a pole is special.
//!
//! What it is not: no map, no roads, no ellipsoid. The earth is a sphere of
//! [`EARTH_RADIUS_M`]; against the ellipsoid a distance strays by up to 0.56 %.
//!
//! ```
//! use dhow_geo::{Position, StoreIndex};
//! let seoul: Position = "37.5665, 126.978".parse().unwrap();
//! let busan: Position = "35.1796, 129.0756".parse().unwrap();
//! assert_eq!(seoul.distance_m(busan), 325_112);
//! let stores = StoreIndex::build([(7, busan), (9, seoul)]);
//! assert_eq!(stores.nearest(busan, 1, |_| true)[0].store, 7);
//! ```

mod index;
mod position;
mod sphere;

pub use index::{Near, StoreIndex};
pub use position::{Position, PositionError};
pub use sphere::EARTH_RADIUS_M;
