//! `#[derive(Shape)]`: how a type's bytes are laid out, as a text for the schema's hash.
//!
//! In: a struct or an enum. Out: an implementation of `tickwire_shared::shape::Shape`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Error, Fields, Result, Type, spanned::Spanned};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "what travels cannot be generic: write the type out",
        ));
    }
    let ident = &input.ident;
    let mut text = Writer {
        own: ident.to_string(),
        calls: TokenStream::new(),
    };
    match &input.data {
        Data::Struct(data) => text.fields(&data.fields),
        Data::Enum(data) => {
            text.word("<");
            for (n, variant) in data.variants.iter().enumerate() {
                let bar = if n == 0 { "" } else { "|" };
                text.word(&format!("{bar}{}", variant.ident));
                text.fields(&variant.fields);
            }
            text.word(">");
        }
        Data::Union(_) => return Err(Error::new(input.span(), "a union cannot travel")),
    }
    let calls = text.calls;
    Ok(quote! {
        impl ::tickwire_shared::shape::Shape for #ident {
            const TEXT: ::tickwire_shared::shape::Text = ::tickwire_shared::shape::Text::of("")#calls;
        }
    })
}

/// The calls that put a text together.
struct Writer {
    /// The type's own name. A field that holds the type itself is this name alone, so that the text has an end.
    own: String,
    calls: TokenStream,
}

impl Writer {
    fn word(&mut self, word: &str) {
        self.calls.extend(quote!(.word(#word)));
    }

    fn of(&mut self, ty: &Type) {
        if mentions(ty.to_token_stream(), &self.own) {
            let own = self.own.clone();
            return self.word(&own);
        }
        self.calls
            .extend(quote!(.then(&<#ty as ::tickwire_shared::shape::Shape>::TEXT)));
    }

    fn fields(&mut self, fields: &Fields) {
        let (brackets, fields) = match fields {
            Fields::Unit => return,
            Fields::Named(named) => (["{", "}"], &named.named),
            Fields::Unnamed(unnamed) => (["(", ")"], &unnamed.unnamed),
        };
        self.word(brackets[0]);
        for (n, field) in fields.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let name = field.ident.as_ref().map(|ident| format!("{ident}:"));
            self.word(&format!("{comma}{}", name.unwrap_or_default()));
            self.of(&field.ty);
        }
        self.word(brackets[1]);
    }
}

fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}
