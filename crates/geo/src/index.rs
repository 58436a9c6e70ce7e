//! The nearest of many stores: a tree of points, built once from a list.
//!
//! The list is cut at the median of the coordinate in which it is widest, and both halves again.
//! The tree is the order of one vector: the middle of a range is its root, and it knows the box
//! around the range, so that a range too far away is not entered. A tree is not changed but built
//! anew, which takes 100,000 stores well below a second.

use crate::Position;
use crate::sphere::{Point, metres};
use std::collections::BinaryHeap;

/// A store that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// Its number in the list.
    pub store: u32,
    /// How far it is, in metres; see [`Position::distance_m`] for how good.
    pub distance_m: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    point: Point,
    store: u32,
    /// The box around the range whose middle this is.
    around: Around,
}

/// The lowest and the highest of each coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Around {
    low: Point,
    high: Point,
}

/// Stores by their place. The same list in any order gives the same answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreIndex {
    nodes: Vec<Node>,
}

/// A question under way: what was found so far, the farthest on top.
struct Search<'a, F> {
    from: Point,
    count: usize,
    accept: &'a F,
    found: BinaryHeap<(u64, u32)>,
    visits: usize,
}

impl StoreIndex {
    /// From numbers and places. A store with several places is listed several times.
    pub fn build(stores: impl IntoIterator<Item = (u32, Position)>) -> StoreIndex {
        let node = |(store, position)| {
            let point = Point::of(position);
            Node { point, store, around: Around { low: point, high: point } }
        };
        let mut nodes: Vec<Node> = stores.into_iter().map(node).collect();
        cut(&mut nodes);
        StoreIndex { nodes }
    }

    /// How many places it holds.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The `count` nearest stores that `accept` takes, nearest first; of equally near ones the
    /// lower number first. Fewer when there are not so many.
    ///
    /// Exact for the points that positions are rounded to (6 mm): two stores can change places
    /// only when their distances differ by less than 3 cm. `accept` is asked only about stores
    /// that would be among the nearest so far.
    pub fn nearest(&self, from: Position, count: usize, accept: impl Fn(u32) -> bool) -> Vec<Near> {
        self.search(from, count, &accept).0
    }

    /// What was found, and how many nodes were looked at.
    fn search<F: Fn(u32) -> bool>(
        &self,
        from: Position,
        count: usize,
        accept: &F,
    ) -> (Vec<Near>, usize) {
        let from = Point::of(from);
        let mut search = Search { from, count, accept, found: BinaryHeap::new(), visits: 0 };
        if count > 0 {
            search.visit(&self.nodes, 0);
        }
        let near = |(chord2, store)| Near { store, distance_m: metres(chord2) };
        (search.found.into_sorted_vec().into_iter().map(near).collect(), search.visits)
    }
}

/// Puts the middle by the widest coordinate into the middle, and does so on both sides of it.
fn cut(nodes: &mut [Node]) {
    let Some(around) = Around::of(nodes) else { return };
    let axis = around.widest();
    let middle = nodes.len() / 2;
    // With the number and the whole point behind the coordinate there is one order only.
    let key = |node: &Node| (node.point.0[axis], node.store, node.point.0);
    let (before, root, after) = nodes.select_nth_unstable_by_key(middle, key);
    root.around = around;
    cut(before);
    cut(after);
}

impl Around {
    fn of(nodes: &[Node]) -> Option<Around> {
        let first = nodes.first()?.point;
        let mut around = Around { low: first, high: first };
        for node in nodes {
            for axis in 0..3 {
                let at = node.point.0[axis];
                around.low.0[axis] = around.low.0[axis].min(at);
                around.high.0[axis] = around.high.0[axis].max(at);
            }
        }
        Some(around)
    }

    fn widest(&self) -> usize {
        let width = |axis: &usize| self.low.0[*axis].abs_diff(self.high.0[*axis]);
        (0..3).max_by_key(width).unwrap_or(0)
    }

    /// Square of the straight line from a point to the nearest point of the box.
    fn chord2(&self, from: Point) -> u64 {
        let mut nearest = from;
        for axis in 0..3 {
            nearest.0[axis] = from.0[axis].clamp(self.low.0[axis], self.high.0[axis]);
        }
        from.chord2(nearest)
    }
}

impl<F: Fn(u32) -> bool> Search<'_, F> {
    /// Looks through a range, given how far its box is away.
    fn visit(&mut self, nodes: &[Node], away: u64) {
        let middle = nodes.len() / 2;
        let Some(root) = nodes.get(middle) else { return };
        // Equally near counts: it may have the lower number.
        if away > self.reach() {
            return;
        }
        self.visits += 1;
        self.offer(root);
        let [before, after] = [&nodes[..middle], &nodes[middle + 1..]];
        let [to_before, to_after] = [self.away(before), self.away(after)];
        if to_before <= to_after {
            self.visit(before, to_before);
            self.visit(after, to_after);
        } else {
            self.visit(after, to_after);
            self.visit(before, to_before);
        }
    }

    fn away(&self, nodes: &[Node]) -> u64 {
        nodes.get(nodes.len() / 2).map_or(u64::MAX, |root| root.around.chord2(self.from))
    }

    /// How far a store may be away to be among the nearest so far.
    fn reach(&self) -> u64 {
        match self.found.peek() {
            Some((chord2, _)) if self.found.len() == self.count => *chord2,
            _ => u64::MAX,
        }
    }

    fn offer(&mut self, node: &Node) {
        let candidate = (self.from.chord2(node.point), node.store);
        let is_full = self.found.len() == self.count;
        let is_nearer = self.found.peek().is_none_or(|farthest| candidate < *farthest);
        if (is_full && !is_nearer) || !(self.accept)(node.store) {
            return;
        }
        if is_full {
            self.found.pop();
        }
        self.found.push(candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed sequence of numbers that look random: Knuth's linear congruence.
    fn numbers(seed: u64) -> impl FnMut(u64) -> i32 {
        let mut state = seed;
        move |below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i32::try_from((state >> 33) % below).unwrap()
        }
    }

    #[test]
    fn hundred_thousand_stores_are_searched_by_looking_at_few() {
        let mut number = numbers(11);
        // Cities of the size of a degree, as stores crowd, and some of them anywhere.
        let mut places = Vec::new();
        for store in 0..100_000u32 {
            let (latitude, longitude) = if store % 10 == 0 {
                (number(180_000_000) - 90_000_000, number(360_000_000) - 180_000_000)
            } else {
                let city = i32::try_from(store % 40).unwrap();
                let (south, west) = (city * 4_000_000 - 80_000_000, city * 9_000_000 - 180_000_000);
                (south + number(1_000_000), west + number(1_000_000))
            };
            places.push((store, Position::new(latitude, longitude).unwrap()));
        }
        let index = StoreIndex::build(places.iter().copied());
        assert_eq!(index.len(), 100_000);
        let mut worst = 0;
        for (_, from) in places.iter().step_by(97) {
            let (found, visits) = index.search(*from, 5, &|_| true);
            assert_eq!((found.len(), found[0].distance_m), (5, 0));
            worst = worst.max(visits);
        }
        assert!(worst < 200, "one question looked at {worst} nodes");
    }

    #[test]
    fn answers_are_exact_for_the_rounded_points() {
        let mut number = numbers(3);
        let mut position = || {
            // A grid of whole degrees has many stores at one distance; a third lies at the edges.
            let (latitude, longitude) = match number(6) {
                0 => ((number(2) * 2 - 1) * 90, number(360) - 180),
                1 => (number(11) - 5, 180 - number(2)),
                _ => (number(181) - 90, number(361) - 180),
            };
            Position::new(latitude * 1_000_000, longitude * 1_000_000).unwrap()
        };
        let places: Vec<_> = (0..4_000).map(|store| (store, position())).collect();
        let index = StoreIndex::build(places.iter().copied());
        for round in 0..300 {
            let from = position();
            let accept = |store: u32| round % 2 == 0 || store.is_multiple_of(7);
            let chord2 = |place: Position| Point::of(from).chord2(Point::of(place));
            let mut all: Vec<_> = places
                .iter()
                .filter(|(store, _)| accept(*store))
                .map(|(store, place)| (chord2(*place), *store))
                .collect();
            all.sort_unstable();
            for count in [1, 5, 20] {
                let near = |(chord2, store): &(u64, u32)| Near {
                    store: *store,
                    distance_m: metres(*chord2),
                };
                let expected: Vec<_> = all[..count].iter().map(near).collect();
                assert_eq!(index.nearest(from, count, accept), expected, "{from}");
            }
        }
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        let mut number = numbers(5);
        let mut place = |store| {
            // Few places, so that many stores share one.
            let (latitude, longitude) = (number(3) * 1_000_000, number(3) * 1_000_000);
            (store, Position::new(latitude, longitude).unwrap())
        };
        let mut places: Vec<_> = (0..500).map(&mut place).collect();
        let index = StoreIndex::build(places.iter().copied());
        places.reverse();
        assert_eq!(index, StoreIndex::build(places.iter().copied()));
        places.rotate_left(123);
        assert_eq!(index, StoreIndex::build(places.iter().copied()));
    }
}
