//! The rules of a product, given / when / then.

mod album;

use super::*;
use crate::testing::{id, money};
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

const SELLER: u128 = 1;

fn given(events: Vec<Event>) -> AggregateTestExecutor<Product> {
    TestFramework::with(()).given(events)
}

fn attributes(pairs: usize) -> BTreeMap<String, String> {
    (0..pairs).map(|n| (format!("key {n}"), "value".to_owned())).collect()
}

fn created() -> Event {
    Event::Created {
        seller_id: id(SELLER),
        name: "Kind of Blue".to_owned(),
        description: "1959".to_owned(),
        price: money("9900.00"),
        currency: Currency::KZT,
        category: "jazz".to_owned(),
        attributes: attributes(1),
        image_urls: vec!["/a.webp".to_owned()],
    }
}

/// The command of [`created`], after `change`.
fn create(change: impl FnOnce(&mut Details)) -> Command {
    let state = Product::default().evolve(&created());
    let mut details = state.details().unwrap().clone();
    change(&mut details);
    Command::Create {
        seller_id: details.seller_id,
        name: details.name,
        description: details.description,
        price: details.price,
        currency: details.currency,
        category: details.category,
        attributes: details.attributes,
        image_urls: details.image_urls,
    }
}

/// A change of nothing by the seller, after `change` of what it asks for.
fn change(ask: impl FnOnce(&mut Ask)) -> Command {
    let mut wanted = Ask::default();
    ask(&mut wanted);
    let Ask { name, description, price, category, attributes, image_urls, is_active } = wanted;
    let by = Editor::Seller(id(SELLER));
    Command::Change { by, name, description, price, category, attributes, image_urls, is_active }
}

#[derive(Default)]
struct Ask {
    name: Option<String>,
    description: Option<String>,
    price: Option<Money>,
    category: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
    image_urls: Option<Vec<String>>,
    is_active: Option<bool>,
}

fn nothing_changed() -> Event {
    Event::DetailsChanged {
        name: None,
        description: None,
        category: None,
        attributes: None,
        image_urls: None,
    }
}

#[test]
fn a_product_is_created_for_sale() {
    given(vec![]).when(create(|_| ())).then_expect_events(vec![created()]);
    let product = Product::default().evolve(&created());
    assert!(product.for_sale().is_some());
}

#[test]
fn a_product_may_cost_nothing() {
    let result = given(vec![]).when(create(|product| product.price = Money::ZERO)).inspect_result();
    assert!(result.is_ok());
}

#[test]
fn names_and_categories_lose_the_space_around_them() {
    given(vec![])
        .when(create(|product| {
            product.name = "  Kind of Blue\n".to_owned();
            product.category = " jazz ".to_owned();
        }))
        .then_expect_events(vec![created()]);
}

#[test]
fn a_product_is_created_once() {
    given(vec![created()]).when(create(|_| ())).then_expect_error(Error::AlreadyExists);
}

/// Each text that is too long or too short, and the error for it.
fn refused() -> Vec<(Details, Error)> {
    let base = Product::default().evolve(&created()).details().unwrap().clone();
    let with = |change: &dyn Fn(&mut Details), error| {
        let mut details = base.clone();
        change(&mut details);
        (details, error)
    };
    let long_pair =
        |key: usize, value: usize| BTreeMap::from([("k".repeat(key), "v".repeat(value))]);
    vec![
        with(&|it| it.name = "  ".to_owned(), Error::NameLength { length: 0 }),
        with(&|it| it.name = "ы".repeat(201), Error::NameLength { length: 201 }),
        with(
            &|it| it.description = "d".repeat(10_001),
            Error::DescriptionTooLong { length: 10_001 },
        ),
        with(&|it| it.category = String::new(), Error::CategoryLength { length: 0 }),
        with(&|it| it.category = "c".repeat(65), Error::CategoryLength { length: 65 }),
        with(&|it| it.attributes = attributes(51), Error::TooManyAttributes { count: 51 }),
        with(&|it| it.attributes = long_pair(65, 1), Error::AttributeKeyTooLong { length: 65 }),
        with(
            &|it| it.attributes = long_pair(1, 1001),
            Error::AttributeValueTooLong { key: "k".to_owned(), length: 1001 },
        ),
        with(&|it| it.image_urls = vec![String::new(); 21], Error::TooManyImages { count: 21 }),
        with(&|it| it.image_urls = vec!["u".repeat(2001)], Error::ImageUrlTooLong { length: 2001 }),
    ]
}

#[test]
fn texts_out_of_bounds_are_refused_at_creation() {
    for (details, error) in refused() {
        given(vec![]).when(create(|it| *it = details)).then_expect_error(error);
    }
}

#[test]
fn texts_out_of_bounds_are_refused_in_a_change() {
    for (details, error) in refused() {
        given(vec![created()])
            .when(change(|ask| {
                ask.name = Some(details.name);
                ask.description = Some(details.description);
                ask.category = Some(details.category);
                ask.attributes = Some(details.attributes);
                ask.image_urls = Some(details.image_urls);
            }))
            .then_expect_error(error);
    }
}

#[test]
fn the_longest_texts_are_accepted() {
    let longest = create(|product| {
        product.name = "ы".repeat(200);
        product.description = "d".repeat(10_000);
        product.category = "c".repeat(64);
        product.attributes = attributes(49);
        product.attributes.insert("k".repeat(64), "v".repeat(1000));
        product.image_urls = vec!["u".repeat(2000); 20];
    });
    assert!(given(vec![]).when(longest).inspect_result().is_ok());
}

#[test]
fn a_change_of_nothing_causes_nothing() {
    given(vec![created()]).when(change(|_| ())).then_expect_events(vec![]);
    given(vec![created()])
        .when(change(|ask| {
            ask.name = Some(" Kind of Blue ".to_owned());
            ask.description = Some("1959".to_owned());
            ask.price = Some(money("9900"));
            ask.category = Some("jazz".to_owned());
            ask.attributes = Some(attributes(1));
            ask.image_urls = Some(vec!["/a.webp".to_owned()]);
            ask.is_active = Some(true);
        }))
        .then_expect_events(vec![]);
}

#[test]
fn only_the_fields_that_differ_are_in_the_event() {
    let Event::DetailsChanged { description, category, attributes, image_urls, .. } =
        nothing_changed()
    else {
        unreachable!()
    };
    let name = Some("Blue Train".to_owned());
    given(vec![created()])
        .when(change(|ask| {
            ask.name.clone_from(&name);
            ask.category = Some("jazz".to_owned());
        }))
        .then_expect_events(vec![Event::DetailsChanged {
            name,
            description,
            category,
            attributes,
            image_urls,
        }]);
}

#[test]
fn a_field_that_did_not_change_is_not_stored() {
    let stored = serde_json::to_string(&nothing_changed()).unwrap();
    assert_eq!(stored, r#"{"DetailsChanged":{}}"#);
    assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), nothing_changed());
}

#[test]
fn price_and_sale_are_events_of_their_own() {
    given(vec![created()])
        .when(change(|ask| {
            ask.price = Some(money("8000.00"));
            ask.is_active = Some(false);
        }))
        .then_expect_events(vec![
            Event::PriceChanged { price: money("8000.00"), previous: money("9900.00") },
            Event::Deactivated {},
        ]);
    given(vec![created(), Event::Deactivated {}])
        .when(change(|ask| ask.is_active = Some(true)))
        .then_expect_events(vec![Event::Activated {}]);
}

#[test]
fn only_its_seller_or_an_administrator_edits_a_product() {
    let other = Editor::Seller(id(SELLER + 1));
    given(vec![created()]).when(Command::Archive { by: other }).then_expect_error(Error::NotOwner);
    for by in [Editor::Seller(id(SELLER)), Editor::Admin] {
        given(vec![created()])
            .when(Command::Archive { by })
            .then_expect_events(vec![Event::Archived {}]);
    }
}

#[test]
fn what_does_not_exist_cannot_change() {
    given(vec![]).when(change(|_| ())).then_expect_error(Error::NotFound);
    given(vec![]).when(Command::Archive { by: Editor::Admin }).then_expect_error(Error::NotFound);
}

#[test]
fn an_archived_product_is_hidden_for_good() {
    let archived = || given(vec![created(), Event::Archived {}]);
    archived().when(change(|_| ())).then_expect_error(Error::Archived);
    archived().when(create(|_| ())).then_expect_error(Error::Archived);
    archived().when(Command::Archive { by: Editor::Admin }).then_expect_error(Error::Archived);
    let product = Product::default().evolve(&created()).evolve(&Event::Archived {});
    assert_eq!((product.details(), product.for_sale()), (None, None));
}

#[test]
fn a_product_taken_off_sale_keeps_its_details() {
    let product = Product::default().evolve(&created()).evolve(&Event::Deactivated {});
    assert!(product.for_sale().is_none());
    assert_eq!(product.details().map(|details| details.price), Some(money("9900.00")));
}

#[test]
fn each_event_changes_its_part() {
    let product = [
        created(),
        Event::DetailsChanged {
            name: Some("Blue Train".to_owned()),
            description: Some("1958".to_owned()),
            category: Some("bop".to_owned()),
            attributes: Some(attributes(2)),
            image_urls: Some(vec![]),
        },
        Event::PriceChanged { price: money("1.00"), previous: money("9900.00") },
    ]
    .iter()
    .fold(Product::default(), Product::evolve);
    let expected = Details {
        seller_id: id(SELLER),
        name: "Blue Train".to_owned(),
        description: "1958".to_owned(),
        price: money("1.00"),
        currency: Currency::KZT,
        category: "bop".to_owned(),
        attributes: attributes(2),
        image_urls: vec![],
        is_active: true,
        album: None,
    };
    assert_eq!(product, Product::Listed(expected));
}
