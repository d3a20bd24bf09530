//! Where something is among things in the order of their ids, which ascend and do not repeat.
//!
//! In: the things, an id. Out: a place. On the way of every input.

/// Where `id` is among ascending ids; otherwise where it would be. As long as nothing has left, the first guess is right.
#[inline]
pub(crate) fn place_of<T>(
    ascending: &[T],
    id: u32,
    id_of: impl Fn(&T) -> u32,
) -> Result<usize, usize> {
    let Some(first) = ascending.first() else {
        return Err(0);
    };
    // Ids do not repeat, so it cannot be further than this.
    let guess = id.saturating_sub(id_of(first)) as usize;
    if ascending.get(guess).is_some_and(|thing| id_of(thing) == id) {
        return Ok(guess);
    }
    let before = ascending.get(..guess).unwrap_or(ascending);
    before.binary_search_by_key(&id, id_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_is_found_whoever_has_left(
            ids in proptest::collection::btree_set(1_u32..60, 0..40),
            asked in 0_u32..70,
        ) {
            let ids = ids.into_iter().collect::<Vec<_>>();
            prop_assert_eq!(place_of(&ids, asked, |id| *id), ids.binary_search(&asked));
        }
    }
}
