//! What authors read when they have written something that cannot be: the words, and where they point.

use quote::quote;
use syn::{DeriveInput, Result, parse2};

use crate::item::Work;
use crate::{filled, input, item, replicate};

/// The words of an error, and the code that it points at.
fn refused<T>(result: Result<T>) -> (String, String) {
    let Err(error) = result else {
        panic!("it was taken");
    };
    (
        error.to_string(),
        error.span().source_text().unwrap_or_default(),
    )
}

fn component(code: &str) -> (String, String) {
    refused(replicate::expand(
        &syn::parse_str::<DeriveInput>(code).unwrap(),
    ))
}

#[test]
fn errors_of_components_point_at_the_field_and_say_what_to_write() {
    for (code, words, place) in [
        (
            "struct Dot { x: f32 }",
            "#[net(range = -50.0..=50.0, step = 0.05)]",
            "f32",
        ),
        (
            "struct Dot { #[net(range = 0.0..=1.0)] x: f32 }",
            "needs a step too",
            "0.0..=1.0",
        ),
        (
            "struct Dot { #[net(angle)] aim: f32 }",
            "an angle needs bits",
            "angle",
        ),
        (
            "struct Dot { #[net(range = 0..9)] n: u8 }",
            "start..=end",
            "0..9",
        ),
        (
            "struct Dot { #[net(rang = 0..=9)] n: u8 }",
            "expected range, step",
            "rang",
        ),
        (
            "struct Dot { #[net(held)] n: u8 }",
            "only fields of an input are held",
            "held",
        ),
        (
            "struct Dot { count: u8 }",
            "another name: in a view `count` is how many",
            "count",
        ),
        ("struct Dot { ids: u8 }", "another name", "ids"),
        ("struct Dot(u8);", "named fields", "(u8)"),
        ("struct Dot<T> { n: T }", "cannot be generic", "<T>"),
        ("enum Kind { One(u8) }", "plain unit variants", "One(u8)"),
    ] {
        let (said, at) = component(code);
        assert!(said.contains(words), "{code}: {said}");
        assert_eq!(at, place, "{code}");
    }
}

#[test]
fn errors_of_inputs_point_at_the_field_too() {
    let of = |code: &str| refused(input::expand(&syn::parse_str::<DeriveInput>(code).unwrap()));
    let (said, at) = of("struct Keys { throttle: f32 }");
    assert!(said.contains("#[net(range = -1.0..=1.0)]"), "{said}");
    assert_eq!(at, "f32");
    let (said, _) = of("struct Keys { #[net(range = 0..=1, interpolate)] n: u8 }");
    assert!(said.contains("nobody draws an input"), "{said}");
    let (said, _) = of("struct Keys(u8);");
    assert!(said.contains("a struct with named fields"), "{said}");
}

#[test]
fn words_above_the_wrong_thing_say_where_they_belong() {
    let of = |code| refused(filled::rules(quote!(), parse2(code).unwrap())).0;
    assert!(of(quote!(impl Dots {})).contains("above `impl Rules for ..`"));
    assert!(of(quote!(impl Game for Dots {})).contains("above `impl Rules for ..`"));
    let item = || {
        parse2(quote!(
            struct Dot;
        ))
        .unwrap()
    };
    let (said, _) = refused(item::expand(Work::Saved, quote!(please), item()));
    assert!(said.contains("takes no words"), "{said}");
}

#[test]
fn what_is_derived_already_is_not_derived_again() {
    let item = parse2(quote!(
        #[derive(Clone, Copy, Default)]
        struct Flag;
    ))
    .unwrap();
    let expanded = item::expand(Work::Component, quote!(), item)
        .unwrap()
        .to_string();
    assert_eq!(expanded.matches("Clone").count(), 1, "{expanded}");
    assert_eq!(expanded.matches("Default").count(), 1, "{expanded}");
    assert!(expanded.contains("Replicate") && expanded.contains("Serialize"));
}

#[test]
fn what_travels_may_not_change_its_bytes_behind_the_hash() {
    let of = |code: &str| crate::shape::expand(&syn::parse_str::<DeriveInput>(code).unwrap());
    let (said, at) = refused(of("struct News { #[serde(skip)] n: u8 }"));
    assert!(said.contains("changes the bytes"), "{said}");
    assert_eq!(at, "skip");
    refused(of("#[serde(untagged)] enum News { One(u8) }"));
    refused(of("enum News { #[serde(other)] One }"));
    let fine = of("#[serde(rename_all = \"camelCase\")] struct News { #[serde(default)] n: u8 }");
    assert!(fine.is_ok());
}
