//! How sure a number is: intervals that hold for 95 of 100 samples, whatever the shape of what was sampled.
//!
//! - A **median or other quantile** lies between two of the sorted observations. Which two follows from the binomial distribution
//!   alone, so nothing is assumed about how lead times are distributed. A sample too small to bound it on a side leaves that side open.
//! - A **share** has Wilson's interval, which stays inside 0 to 1 and holds for few observations and for none of many.
//! - A **count in a fixed time** has Byar's approximation to the exact Poisson interval.

/// The chance to be wrong on either side.
const TAIL: f64 = 0.025;
/// The normal quantile that belongs to it.
const Z: f64 = 1.959_963_984_540_054;

/// The value below which a share `q` (0 to 1) of the sorted observations lies: the mean of the two in the middle for an even
/// median, else by nearest rank. `None` without observations.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let n = sorted.len();
    if n == 0 {
        return None;
    }
    if (q - 0.5).abs() < f64::EPSILON && n.is_multiple_of(2) {
        return Some(f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]));
    }
    let rank = (q * n as f64).ceil().max(1.0) as usize;
    sorted.get(rank.min(n) - 1).copied()
}

/// The observations between which the quantile `q` (0 to 1, both excluded) of everything sampled from lies, with 95 % confidence.
pub fn of_quantile(sorted: &[f64], q: f64) -> (Option<f64>, Option<f64>) {
    let n = sorted.len();
    let (mut low, mut high) = (None, None);
    let mut logarithm = n as f64 * (1.0 - q).ln();
    // The chance that at most k observations lie below the quantile.
    let mut below = 0.0;
    for (k, value) in sorted.iter().enumerate() {
        below += logarithm.exp();
        if below <= TAIL {
            low = Some(*value);
        }
        if high.is_none() && 1.0 - below <= TAIL {
            high = Some(*value);
        }
        logarithm += ((n - k) as f64 / (k + 1) as f64).ln() + (q / (1.0 - q)).ln();
    }
    (low, high)
}

/// The share from which `hits` of `all` were drawn, with 95 % confidence; 0 to 1 where nothing was drawn.
pub fn of_share(hits: u32, all: u32) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let n = f64::from(all);
    let share = f64::from(hits.min(all)) / n;
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let low = if hits == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if hits >= all { 1.0 } else { (middle + half).min(1.0) };
    (low, high)
}

/// The number expected in a time in which `count` were seen, with 95 % confidence.
pub fn of_count(count: u32) -> (f64, f64) {
    let byar = |n: f64, z: f64| n * (1.0 - 1.0 / (9.0 * n) + z / (3.0 * n.sqrt())).powi(3);
    let n = f64::from(count);
    (if count == 0 { 0.0 } else { byar(n, -Z).max(0.0) }, byar(n + 1.0, Z))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(n: usize) -> Vec<f64> {
        (1..=n).map(|x| x as f64).collect()
    }

    /// The published ranks for a median at 95 %: none below 6 observations, 2nd and 9th of 10, 6th and 15th of 20, 40th and 61st of 100.
    #[test]
    fn the_ranks_of_the_tables() {
        assert_eq!(of_quantile(&numbers(5), 0.5), (None, None));
        assert_eq!(of_quantile(&numbers(6), 0.5), (Some(1.0), Some(6.0)));
        assert_eq!(of_quantile(&numbers(10), 0.5), (Some(2.0), Some(9.0)));
        assert_eq!(of_quantile(&numbers(20), 0.5), (Some(6.0), Some(15.0)));
        assert_eq!(of_quantile(&numbers(100), 0.5), (Some(40.0), Some(61.0)));
        assert_eq!(of_quantile(&numbers(20), 0.9).1, None, "20 observations do not bound the 90th percentile from above");
        let (low, high) = of_quantile(&numbers(20_000), 0.5);
        assert!((low.unwrap() - 9_861.0).abs() <= 2.0 && (high.unwrap() - 10_140.0).abs() <= 2.0, "{low:?} {high:?}");
    }

    #[test]
    fn the_intervals_of_the_books() {
        // Newcombe 1998: 81 of 263 and 0 of 20, by Wilson's score.
        let (low, high) = of_share(81, 263);
        assert!((low - 0.2553).abs() < 1e-4 && (high - 0.3662).abs() < 1e-4);
        let (low, high) = of_share(0, 20);
        assert!(low == 0.0 && (high - 0.1611).abs() < 1e-4);
        // Exact Poisson intervals: 10 gives 4.80 to 18.39, 0 gives 0 to 3.69.
        let (low, high) = of_count(10);
        assert!((low - 4.80).abs() < 0.03 && (high - 18.39).abs() < 0.03, "{low} {high}");
        assert!(of_count(0).0 == 0.0 && (of_count(0).1 - 3.69).abs() < 0.1);
    }

    #[test]
    fn quantiles_of_small_samples() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[4.0], 0.9), Some(4.0));
        assert_eq!(quantile(&numbers(4), 0.5), Some(2.5));
        assert_eq!(quantile(&numbers(20), 0.9), Some(18.0));
    }

    proptest! {
        #[test]
        fn a_quantile_lies_in_its_interval(mut sample in prop::collection::vec(-1e6..1e6_f64, 1..300), q in 0.05..0.95_f64) {
            sample.sort_by(f64::total_cmp);
            let (low, high) = of_quantile(&sample, q);
            let value = quantile(&sample, q).unwrap();
            prop_assert!(low.is_none_or(|low| low <= value) && high.is_none_or(|high| value <= high));
        }

        #[test]
        fn shares_are_ordered_and_bounded(hits in 0u32..500, more in 0u32..500) {
            let all = hits + more;
            let (low, high) = of_share(hits, all);
            prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            let share = if all == 0 { 0.5 } else { f64::from(hits) / f64::from(all) };
            prop_assert!(low <= share + 1e-12 && share <= high + 1e-12);
        }

        #[test]
        fn more_observations_narrow_a_share(hits in 1u32..50, more in 1u32..50, times in 2u32..20) {
            let width = |(low, high): (f64, f64)| high - low;
            prop_assert!(width(of_share(hits * times, (hits + more) * times)) < width(of_share(hits, hits + more)));
        }

        /// The promise itself: of many samples whose median is known to be 0.5, hardly more than 5 in 100 miss it.
        #[test]
        fn the_interval_of_a_median_covers_it(seed in any::<u64>(), n in 6usize..40) {
            let mut state = seed | 1;
            let mut draw = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; (state >> 11) as f64 / (1u64 << 53) as f64 };
            let missed = (0..400).filter(|_| {
                let mut sample: Vec<f64> = (0..n).map(|_| draw()).collect();
                sample.sort_by(f64::total_cmp);
                let (low, high) = of_quantile(&sample, 0.5);
                low.unwrap() > 0.5 || high.unwrap() < 0.5
            }).count();
            prop_assert!(missed <= 40, "{missed} of 400 missed at n = {n}");
        }

        #[test]
        fn counts_are_inside_their_interval(count in 0u32..10_000) {
            let (low, high) = of_count(count);
            prop_assert!(low <= f64::from(count) && f64::from(count) <= high);
        }
    }
}
