//! `#[derive(Shape)]`: how a type's bytes are laid out, as a text for the schema's hash.
//!
//! In: a struct or an enum. Out: an implementation of `tickwire_shared::shape::Shape`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Data, DeriveInput, Error, Fields, GenericArgument, Meta, PathArguments, Result,
    Token, Type, spanned::Spanned,
};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "what travels cannot be generic: write the type out",
        ));
    }
    check_serde(&input.attrs)?;
    let ident = &input.ident;
    let mut text = Writer {
        own: ident.to_string(),
        calls: TokenStream::new(),
    };
    match &input.data {
        Data::Struct(data) => text.fields(&data.fields)?,
        Data::Enum(data) => {
            text.word("<");
            for (n, variant) in data.variants.iter().enumerate() {
                let bar = if n == 0 { "" } else { "|" };
                text.word(&format!("{bar}{}", variant.ident));
                check_serde(&variant.attrs)?;
                text.fields(&variant.fields)?;
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
    /// The type's own name. A field that holds the type itself is as it is written, so that the text has an end.
    own: String,
    calls: TokenStream,
}

impl Writer {
    fn word(&mut self, word: &str) {
        self.calls.extend(quote!(.word(#word)));
    }

    fn of(&mut self, ty: &Type) {
        if mentions(ty, &self.own) {
            let written = ty.to_token_stream().to_string().replace(' ', "");
            return self.word(&written);
        }
        self.calls
            .extend(quote!(.then(&<#ty as ::tickwire_shared::shape::Shape>::TEXT)));
    }

    fn fields(&mut self, fields: &Fields) -> Result<()> {
        let (brackets, fields) = match fields {
            Fields::Unit => return Ok(()),
            Fields::Named(named) => (["{", "}"], &named.named),
            Fields::Unnamed(unnamed) => (["(", ")"], &unnamed.unnamed),
        };
        self.word(brackets[0]);
        for (n, field) in fields.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let name = field.ident.as_ref().map(|ident| format!("{ident}:"));
            self.word(&format!("{comma}{}", name.unwrap_or_default()));
            check_serde(&field.attrs)?;
            self.of(&field.ty);
        }
        self.word(brackets[1]);
        Ok(())
    }
}

/// True if a value of the type may hold one of the type that is being described.
fn mentions(ty: &Type, own: &str) -> bool {
    match ty {
        Type::Path(path) => {
            let is_own = path.path.is_ident(own) || path.path.is_ident("Self");
            let inside = path
                .path
                .segments
                .iter()
                .flat_map(|segment| match &segment.arguments {
                    PathArguments::AngleBracketed(inside) => inside.args.iter().collect::<Vec<_>>(),
                    _ => Vec::new(),
                });
            let mut inside = inside.filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            is_own || inside.any(|ty| mentions(ty, own))
        }
        Type::Array(array) => mentions(&array.elem, own),
        Type::Tuple(tuple) => tuple.elems.iter().any(|ty| mentions(ty, own)),
        Type::Paren(inside) => mentions(&inside.elem, own),
        _ => false,
    }
}

/// What serde may be told of a type that travels: all else would change bytes that the text does not show.
const HARMLESS: [&str; 5] = ["crate", "rename", "rename_all", "default", "bound"];

fn check_serde(attributes: &[Attribute]) -> Result<()> {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let words = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
        for word in &words {
            if !HARMLESS
                .iter()
                .any(|harmless| word.path().is_ident(harmless))
            {
                return Err(Error::new(
                    word.span(),
                    "this changes the bytes in a way that the other end would not notice: what travels is laid out as its fields say",
                ));
            }
        }
    }
    Ok(())
}
