//! `#[rules]` and `#[game]`: what a game leaves out, written out.
//!
//! In: an `impl Rules for ..` or an `impl Game for ..`. Out: the same, with the associated types and functions that are
//! missing. Stable Rust has no defaults for associated types; there is no other magic here, and `cargo expand` shows it all.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Error, Ident, ImplItem, ItemImpl, Result, Type, parse_quote};

pub(crate) fn rules(words: TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    no_words(words)?;
    let ident = implementing(&item, "Rules")?;
    let name = kebab(&ident.to_string());
    fill(
        &mut item,
        "GAME",
        parse_quote!(const GAME: &'static str = #name;),
    );
    for part in [
        "Input", "Avatar", "Setup", "Map", "Command", "Event", "Action", "Ghost",
    ] {
        let ident = format_ident!("{part}");
        fill(&mut item, part, parse_quote!(type #ident = ();));
    }
    // Unless it says otherwise, the avatars are all that is seen.
    let components = parse_quote! {
        fn components(set: &mut impl ::tickwire_shared::rules::ComponentVisitor) {
            set.avatar::<Self::Avatar>();
        }
    };
    fill(&mut item, "components", components);
    fill(
        &mut item,
        "map",
        parse_quote! {
            fn map(_setup: &Self::Setup) -> Self::Map { ::core::default::Default::default() }
        },
    );
    fill(
        &mut item,
        "step",
        parse_quote! {
            fn step(_avatar: &mut Self::Avatar, _input: &Self::Input, _map: &Self::Map, _dt_s: f32) {}
        },
    );
    Ok(item.into_token_stream())
}

pub(crate) fn game(words: TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    no_words(words)?;
    implementing(&item, "Game")?;
    let rules = quote!(<Self as ::tickwire::parts::Game>::Rules);
    let room = quote!(::tickwire::parts::Room<#rules>);
    fill(
        &mut item,
        "Options",
        parse_quote!(
            type Options = ();
        ),
    );
    fill(
        &mut item,
        "setup",
        parse_quote! {
            fn setup(_options: &Self::Options) -> <#rules as ::tickwire::parts::Rules>::Setup {
                ::core::default::Default::default()
            }
        },
    );
    fill(
        &mut item,
        "create",
        parse_quote! {
            fn create(_options: &Self::Options, _room: &mut #room) -> Self { ::core::default::Default::default() }
        },
    );
    fill(
        &mut item,
        "join",
        parse_quote! {
            fn join(
                &mut self,
                room: &mut #room,
                player: ::tickwire::parts::PlayerId,
            ) -> ::core::result::Result<(), ::tickwire::parts::Refusal> {
                room.spawn_avatar(player, ::core::default::Default::default());
                ::core::result::Result::Ok(())
            }
        },
    );
    Ok(item.into_token_stream())
}

fn no_words(words: TokenStream) -> Result<()> {
    match words.is_empty() {
        true => Ok(()),
        false => Err(Error::new_spanned(words, "this attribute takes no words")),
    }
}

/// The type that implements the trait; an error if this is another trait, or none.
fn implementing(item: &ItemImpl, wanted: &str) -> Result<Ident> {
    let name = item
        .trait_
        .as_ref()
        .and_then(|(path, _)| path.segments.last());
    if name.is_none_or(|name| name.ident != wanted) {
        return Err(Error::new_spanned(
            &item.self_ty,
            format!("write this above `impl {wanted} for ..`"),
        ));
    }
    match item.self_ty.as_ref() {
        Type::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
    .ok_or_else(|| {
        Error::new_spanned(
            &item.self_ty,
            "write this above the impl for a type of your own",
        )
    })
}

fn has(item: &ItemImpl, name: &str) -> bool {
    item.items.iter().any(|item| match item {
        ImplItem::Const(item) => item.ident == name,
        ImplItem::Fn(item) => item.sig.ident == name,
        ImplItem::Type(item) => item.ident == name,
        _ => false,
    })
}

fn fill(item: &mut ItemImpl, name: &str, fallback: ImplItem) {
    if !has(item, name) {
        item.items.push(fallback);
    }
}

/// `TagGame` becomes `tag-game`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for (n, c) in name.char_indices() {
        if c.is_ascii_uppercase() && n > 0 {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
