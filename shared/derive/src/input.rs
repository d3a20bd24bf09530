//! `#[derive(Input)]`: which inputs an honest client can send, from what their fields declare.
//!
//! In: a struct whose fields have `#[net(..)]` where their type alone says too little. Out: an implementation of
//! `tickwire_shared::rules::Input`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Field, Fields, Result, spanned::Spanned};

use crate::attributes::{FieldAttributes, is_float};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let empty = syn::punctuated::Punctuated::new();
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => &named.named,
            Fields::Unit => &empty,
            Fields::Unnamed(_) => return Err(needs_names(input)),
        },
        _ => return Err(needs_names(input)),
    };
    let (mut checks, mut held) = (Vec::new(), Vec::new());
    for field in fields {
        let attributes = FieldAttributes::parse(&field.attrs)?;
        checks.extend(check(field, &attributes)?);
        if attributes.held.is_some() {
            let ident = &field.ident;
            held.push(quote!(#ident: ::core::clone::Clone::clone(&self.#ident)));
        }
    }
    let ident = &input.ident;
    let released = match held.len() == fields.len() {
        true => quote!(::core::clone::Clone::clone(self)),
        false => quote!(Self { #(#held,)* ..::core::default::Default::default() }),
    };
    Ok(quote! {
        impl ::tickwire_shared::rules::Input for #ident {
            fn is_valid(&self) -> bool {
                true #(&& #checks)*
            }
            fn released(&self) -> Self {
                #released
            }
        }
    })
}

fn needs_names(input: &DeriveInput) -> Error {
    Error::new(input.ident.span(), "an input is a struct with named fields")
}

/// True for what an honest client can send in this field; nothing if that is all that its type can hold.
fn check(field: &Field, attributes: &FieldAttributes) -> Result<Option<TokenStream>> {
    let (ident, ty) = (&field.ident, &field.ty);
    attributes.allow_only_input(field)?;
    if let Some((start, end)) = attributes.ends()? {
        // Comparisons with a NaN are false, so a NaN is in no range.
        return Ok(Some(quote!((#start..=#end).contains(&self.#ident))));
    }
    if attributes.angle.is_some() {
        let pi = quote!(::core::f32::consts::PI);
        return Ok(Some(quote!((-#pi..=#pi).contains(&self.#ident))));
    }
    if is_float(ty) {
        return Err(Error::new(
            ty.span(),
            "say which values a client may send: `#[net(range = -1.0..=1.0)]`, or `#[net(angle)]` for radians from -pi to pi",
        ));
    }
    Ok(None)
}
