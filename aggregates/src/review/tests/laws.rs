//! The sums that the events give a product are those of its published reviews, always.

use super::*;
use crate::testing::{HISTORIES, live};
use proptest::prelude::*;

fn any_moderation() -> impl Strategy<Value = Moderation> {
    prop_oneof![Just(After), Just(Before)]
}

fn any_command() -> impl Strategy<Value = Command> {
    let comment = prop_oneof![
        Just(NewComment::Keep),
        Just(NewComment::Clear),
        "[a-c]".prop_map(|text| NewComment::Set(hash(&text))),
    ];
    let user = prop_oneof![4 => Just(AUTHOR), 1 => Just(9)];
    let changed = (user.clone(), prop::option::of(1..=5_u8), comment, any_moderation());
    prop_oneof![
        3 => (1..=5_u8, any_moderation()).prop_map(|(stars, moderation)| post(stars, moderation)),
        4 => changed.prop_map(|(user, stars, comment, moderation)| Command::Edit {
            by: id(user),
            rating: stars.map(rating),
            comment,
            moderation,
            at: minute(1),
        }),
        2 => Just(Command::Publish { at: minute(2) }),
        2 => prop::option::of("[ab]").prop_map(|reason| reject(reason.as_deref())),
        1 => user.prop_map(|user| delete(By::Author(id(user)))),
        1 => Just(delete(By::Moderator)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(HISTORIES))]

    #[test]
    fn the_tallies_of_a_review_add_up_to_what_it_counts(
        commands in prop::collection::vec(any_command(), 0..30)
    ) {
        let (mut ratings, mut reviews) = (0, 0);
        live::<Review>(commands, |_, event, after| {
            let Tally { ratings: more, reviews: one } = event.tally();
            ratings += more;
            reviews += one;
            let counts = after.details().filter(|_| after.status() == Some(Published));
            let counts = counts.map_or((0, 0), |details| (i64::from(details.rating.get()), 1));
            prop_assert_eq!((ratings, reviews), counts, "{:?}", event);
            prop_assert_eq!(event.product_id(), id(PRODUCT));
            Ok(())
        })?;
    }

    #[test]
    fn what_a_moderator_took_away_comes_back_only_through_one(
        commands in prop::collection::vec(any_command(), 0..30)
    ) {
        let mut taken_away = false;
        live::<Review>(commands, |_, event, after| {
            taken_away |= matches!(
                event,
                Event::Rejected { .. } | Event::Deleted { by: Remover::Moderator, .. }
            );
            let approved = matches!(event, Event::Published { .. });
            if taken_away && !approved {
                prop_assert_ne!(after.status(), Some(Published), "{:?}", event);
            }
            Ok(())
        })?;
    }
}
