//! Finds a thing by its id in a list whose ids ascend and do not repeat.
//!
//! In: the list, an id. Out: a place in the list. Every input passes through here.

/// The place of `id` among ascending ids. `Err` gives the place where it would go. As long as nothing has left the
/// list, the first guess is right.
#[inline]
pub(crate) fn place_of<T>(
    ascending: &[T],
    id: u32,
    id_of: impl Fn(&T) -> u32,
) -> Result<usize, usize> {
    let Some(first) = ascending.first() else {
        return Err(0);
    };
    // Ids do not repeat, so the place cannot be further on than this.
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
        fn a_place_is_found_after_any_ids_have_left(
            ids in proptest::collection::btree_set(1_u32..60, 0..40),
            asked in 0_u32..70,
        ) {
            let ids = ids.into_iter().collect::<Vec<_>>();
            prop_assert_eq!(place_of(&ids, asked, |id| *id), ids.binary_search(&asked));
        }
    }
}
