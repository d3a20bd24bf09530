//! `#[derive(Shape)]`: how a type's bytes are laid out, as a text for the schema's hash.
//!
//! In: a struct or an enum. Out: an implementation of `tickwire_shared::shape::Shape`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result, spanned::Spanned};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "what travels cannot be generic: write the type out",
        ));
    }
    let ident = &input.ident;
    let name = ident.to_string();
    let (left, right, inside) = match &input.data {
        Data::Struct(data) => ("", "", fields(&data.fields)),
        Data::Enum(data) => {
            let variants = data.variants.iter().enumerate().map(|(n, variant)| {
                let bar = if n == 0 { "" } else { "|" };
                let head = format!("{bar}{}", variant.ident);
                let fields = fields(&variant.fields);
                quote!(out.push(#head); #fields)
            });
            ("<", ">", quote!(#(#variants)*))
        }
        Data::Union(_) => return Err(Error::new(input.span(), "a union cannot travel")),
    };
    Ok(quote! {
        impl ::tickwire_shared::shape::Shape for #ident {
            fn shape(out: &mut ::tickwire_shared::shape::Shapes) {
                out.named::<Self>(#name, [#left, #right], |out| { let _ = &out; #inside });
            }
        }
    })
}

fn fields(fields: &Fields) -> TokenStream {
    let of = |ty: &syn::Type| quote!(<#ty as ::tickwire_shared::shape::Shape>::shape);
    match fields {
        Fields::Unit => quote!(),
        Fields::Named(named) => {
            let items = named.named.iter().map(|field| {
                let head = field.ident.as_ref().map(|ident| format!("{ident}:"));
                let head = head.unwrap_or_default();
                let shape = of(&field.ty);
                quote!(|out: &mut ::tickwire_shared::shape::Shapes| { out.push(#head); #shape(out); })
            });
            quote!(out.list(["{", "}"], &[#(#items),*]);)
        }
        Fields::Unnamed(unnamed) => {
            let items = unnamed.unnamed.iter().map(|field| of(&field.ty));
            quote!(out.list(["(", ")"], &[#(#items),*]);)
        }
    }
}
