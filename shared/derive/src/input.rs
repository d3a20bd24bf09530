//! `#[derive(Input)]`: which inputs an honest client can send, from what their fields declare.
//!
//! In: a struct whose fields have `#[net(..)]` where their type alone says too little; or an enum, to stand in a field of
//! one. Out: implementations of `tickwire_shared::rules::Input` (struct) and `Checked` (both).

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Field, Fields, Member, Result, spanned::Spanned};

use crate::attributes::{FieldAttributes, is_float};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    match &input.data {
        Data::Struct(data) => expand_struct(input, &data.fields),
        Data::Enum(data) => {
            let arms = data.variants.iter().map(|variant| {
                let (ident, members) = (&variant.ident, variant.fields.members());
                let names = members.clone().map(bound).collect::<Vec<_>>();
                let checks = variant.fields.iter().zip(&names);
                let checks = checks
                    .map(|(field, name)| check(field, quote!(*#name)))
                    .collect::<Result<Vec<_>>>()?;
                Ok(quote!(Self::#ident { #(#members: #names),* } => true #(&& #checks)*,))
            });
            let arms = arms.collect::<Result<Vec<_>>>()?;
            let samples = data.variants.iter().enumerate().map(|(place, variant)| {
                let (place, ident) = (place as u64, &variant.ident);
                let fields = samples(&variant.fields)?;
                Ok(quote!(#place => Self::#ident { #fields },))
            });
            let samples = samples.collect::<Result<Vec<_>>>()?;
            let variants = data.variants.len() as u64;
            let ident = &input.ident;
            Ok(quote! {
                impl ::tickwire_shared::rules::Checked for #ident {
                    fn is_fine(&self) -> bool {
                        match self { #(#arms)* }
                    }
                    fn sample(random: &mut ::tickwire_shared::random::Random) -> Self {
                        match random.below(#variants) {
                            #(#samples)*
                            _ => ::core::unreachable!(),
                        }
                    }
                }
            })
        }
        Data::Union(_) => Err(Error::new(input.ident.span(), "an input is a struct")),
    }
}

/// What a variant's field is called while it is looked at.
fn bound(member: Member) -> syn::Ident {
    match member {
        Member::Named(ident) => format_ident!("field_{ident}"),
        Member::Unnamed(index) => format_ident!("field_{}", index.index),
    }
}

fn expand_struct(input: &DeriveInput, fields: &Fields) -> Result<TokenStream> {
    if matches!(fields, Fields::Unnamed(_)) {
        let words = "an input is a struct with named fields";
        return Err(Error::new(input.ident.span(), words));
    }
    let (mut checks, mut held) = (Vec::new(), Vec::new());
    for field in fields {
        let ident = &field.ident;
        checks.push(check(field, quote!(self.#ident))?);
        if FieldAttributes::parse(&field.attrs)?.held.is_some() {
            held.push(quote!(#ident: ::core::clone::Clone::clone(&self.#ident)));
        }
    }
    let samples = samples(fields)?;
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
            fn sample(random: &mut ::tickwire_shared::random::Random) -> Self {
                let _ = &random;
                Self { #samples }
            }
        }
        impl ::tickwire_shared::rules::Checked for #ident {
            fn is_fine(&self) -> bool {
                ::tickwire_shared::rules::Input::is_valid(self)
            }
            fn sample(random: &mut ::tickwire_shared::random::Random) -> Self {
                ::tickwire_shared::rules::Input::sample(random)
            }
        }
    })
}

/// True for what an honest client can send in this field.
fn check(field: &Field, value: TokenStream) -> Result<TokenStream> {
    let ty = &field.ty;
    let attributes = FieldAttributes::parse(&field.attrs)?;
    attributes.allow_only_input(field)?;
    if let Some((start, end)) = attributes.ends()? {
        // Comparisons with a NaN are false, so a NaN is in no range.
        return Ok(quote!((#start..=#end).contains(&#value)));
    }
    if attributes.angle.is_some() {
        let pi = quote!(::core::f32::consts::PI);
        return Ok(quote!((-#pi..=#pi).contains(&#value)));
    }
    if is_float(ty) {
        return Err(Error::new(
            ty.span(),
            "say which values a client may send: `#[net(range = -1.0..=1.0)]`, or `#[net(angle)]` for radians from -pi to pi",
        ));
    }
    Ok(quote!(<#ty as ::tickwire_shared::rules::Checked>::is_fine(&#value)))
}

/// `member: value,` for each field, with values that an honest client could send.
fn samples(fields: &Fields) -> Result<TokenStream> {
    let samples = fields.iter().zip(fields.members()).map(|(field, member)| {
        let value = sample(field)?;
        Ok(quote!(#member: #value,))
    });
    Ok(samples.collect::<Result<Vec<_>>>()?.into_iter().collect())
}

fn sample(field: &Field) -> Result<TokenStream> {
    let ty = &field.ty;
    let attributes = FieldAttributes::parse(&field.attrs)?;
    Ok(match attributes.ends()? {
        Some((start, end)) if is_float(ty) => {
            quote!(random.float((#start) as f64, (#end) as f64) as #ty)
        }
        Some((start, end)) => quote!(random.integer((#start) as i64, (#end) as i64) as #ty),
        None if attributes.angle.is_some() => {
            let pi = quote!(::core::f64::consts::PI);
            quote!((random.float(-#pi, #pi) as #ty).clamp(-::core::f32::consts::PI, ::core::f32::consts::PI))
        }
        None => quote!(<#ty as ::tickwire_shared::rules::Checked>::sample(random)),
    })
}
