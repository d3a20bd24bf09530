//! `#[component]`, `#[input]`, `#[message]` and `#[saved]`: the derives that a type needs for its work, by one word.
//!
//! In: a struct or an enum. Out: the same, with those derives that it does not have yet. `cargo expand` shows them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Error, Fields, Path, Result, Token, parse_quote};

/// What a type is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Component,
    Input,
    Message,
    Saved,
}

pub(crate) fn expand(work: Work, words: TokenStream, mut item: DeriveInput) -> Result<TokenStream> {
    if !words.is_empty() {
        return Err(Error::new_spanned(words, "this attribute takes no words"));
    }
    let derived = derived(&item)?;
    let missing = wanted(work, &item).into_iter();
    let missing = missing.filter(|(name, _)| !derived.iter().any(|has| has == name));
    let missing = missing.collect::<Vec<_>>();
    let adds = |name: &str| missing.iter().any(|(added, _)| *added == name);
    if adds("Default")
        && let Data::Enum(data) = &mut item.data
    {
        // An enum's default is its first variant, unless it says otherwise.
        let says = data.variants.iter().any(|variant| {
            variant
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("default"))
        });
        if !says && let Some(first) = data.variants.first_mut() {
            first.attrs.push(parse_quote!(#[default]));
        }
    }
    if adds("Serialize") || adds("Deserialize") {
        item.attrs
            .push(parse_quote!(#[serde(crate = "::tickwire_shared::serde")]));
    }
    // A save of an older build lacks fields that are new. Browsers read no saves.
    let has_default = adds("Default") || derived.iter().any(|has| has == "Default");
    let has_fields =
        matches!(&item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
    let says_default = item.attrs.iter().any(|attribute| {
        let tokens = quote!(#attribute).to_string();
        attribute.path().is_ident("serde") && tokens.contains("default")
    });
    if adds("Deserialize")
        && !says_default
        && has_default
        && has_fields
        && matches!(work, Work::Component | Work::Saved)
    {
        item.attrs
            .push(parse_quote!(#[cfg_attr(not(target_arch = "wasm32"), serde(default))]));
    }
    if adds("TS") {
        item.attrs
            .push(parse_quote!(#[ts(crate = "::tickwire_shared::ts_rs")]));
    }
    let paths = missing.iter().map(|(_, path)| path);
    Ok(quote! {
        #[derive(#(#paths),*)]
        #item
    })
}

/// The names of the derives that the item has already.
fn derived(item: &DeriveInput) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for attribute in item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
        let last = paths.iter().filter_map(|path| path.segments.last());
        names.extend(last.map(|segment| segment.ident.to_string()));
    }
    Ok(names)
}

/// The derives for a piece of work, by name and path.
fn wanted(work: Work, item: &DeriveInput) -> Vec<(&'static str, Path)> {
    let is_enum = matches!(item.data, Data::Enum(_));
    let mut wanted: Vec<(&'static str, Path)> = vec![
        ("Clone", parse_quote!(::core::clone::Clone)),
        ("Debug", parse_quote!(::core::fmt::Debug)),
        (
            "Serialize",
            parse_quote!(::tickwire_shared::serde::Serialize),
        ),
        (
            "Deserialize",
            parse_quote!(::tickwire_shared::serde::Deserialize),
        ),
    ];
    let default: (&'static str, Path) = ("Default", parse_quote!(::core::default::Default));
    if work != Work::Saved {
        wanted.push(("PartialEq", parse_quote!(::core::cmp::PartialEq)));
        wanted.push(("Shape", parse_quote!(::tickwire_shared::shape::Shape)));
    }
    match work {
        Work::Component => {
            wanted.push(default);
            wanted.push((
                "Replicate",
                parse_quote!(::tickwire_shared::replicate::Replicate),
            ));
            if is_enum {
                wanted.push(("Copy", parse_quote!(::core::marker::Copy)));
            }
        }
        Work::Input => {
            wanted.push(default);
            wanted.push(("TS", parse_quote!(::tickwire_shared::ts_rs::TS)));
            wanted.push(("Input", parse_quote!(::tickwire_shared::input::Input)));
        }
        Work::Message => wanted.push(("TS", parse_quote!(::tickwire_shared::ts_rs::TS))),
        Work::Saved => {
            let is_empty =
                matches!(&item.data, Data::Struct(data) if matches!(data.fields, Fields::Unit));
            if is_empty {
                wanted.push(default);
            }
        }
    }
    wanted
}
