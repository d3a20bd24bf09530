//! `#[derive(Replicate)]`: from a component's declaration to its quantised wire table.
//!
//! In: a struct with named fields and `#[net(..)]` attributes, or an enum of unit variants. Out: an implementation of
//! `tickwire_shared::replicate::Replicate` (struct) or `FieldValue` (enum). The trait's page shows every attribute.
//! Must not: invent a range or a step for a float; no default fits every game.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Error, Field, Fields, Ident, Result, spanned::Spanned};

use crate::attributes::FieldAttributes;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "a replicated type cannot be generic",
        ));
    }
    match &input.data {
        Data::Struct(data) => expand_struct(input, &data.fields),
        Data::Enum(data) => expand_enum(input, data),
        Data::Union(_) => Err(Error::new(input.span(), "a union cannot be replicated")),
    }
}

fn expand_struct(input: &DeriveInput, fields: &Fields) -> Result<TokenStream> {
    let empty = syn::punctuated::Punctuated::new();
    let fields = match fields {
        Fields::Named(named) => &named.named,
        Fields::Unit => &empty,
        Fields::Unnamed(_) => {
            return Err(Error::new(
                fields.span(),
                "a replicated struct needs named fields",
            ));
        }
    };
    let mut parts = Parts::default();
    for field in fields {
        parts.add(field)?;
    }
    if parts.positions != 0 && parts.positions != 2 {
        return Err(Error::new(
            input.span(),
            "a position is two fields: x and y, in this order",
        ));
    }
    Ok(parts.implement(&input.ident))
}

/// Names that a table of the view has for itself.
const TAKEN: [(&str, &str); 4] = [
    ("count", "how many rows a table has"),
    ("id", "the entity of a row"),
    ("get", "how a page asks a table for one row"),
    ("ids", "the entities of all rows"),
];

/// What the fields of a struct contribute to its implementation, in declared order.
#[derive(Default)]
struct Parts {
    checks: Vec<TokenStream>,
    schemas: Vec<TokenStream>,
    quantise: Vec<TokenStream>,
    values: Vec<TokenStream>,
    from_values: Vec<TokenStream>,
    /// How many fields say where the entity is.
    positions: usize,
}

impl Parts {
    fn add(&mut self, field: &Field) -> Result<()> {
        let (ident, ty, index) = (field.ident.as_ref(), &field.ty, self.schemas.len());
        let attributes = FieldAttributes::parse(&field.attrs)?;
        let taken = TAKEN
            .iter()
            .find(|(name, _)| ident.is_some_and(|ident| ident == name));
        if let Some((name, meaning)) = taken {
            let words = format!("give this field another name: in a view `{name}` is {meaning}");
            return Err(Error::new(ident.span(), words));
        }
        if attributes.skip.is_some() {
            let default = quote!(#ident: ::core::default::Default::default());
            self.from_values.push(default);
            return Ok(());
        }
        attributes.allow_only_component()?;
        let kind = attributes.kind(ty)?;
        let (interpolate, owner_only, position) = (
            attributes.interpolate.is_some(),
            attributes.owner_only.is_some(),
            attributes.position.is_some(),
        );
        self.positions += usize::from(position);
        if position && (owner_only || !interpolate) {
            return Err(Error::new(
                field.span(),
                "a position is seen by others and interpolated",
            ));
        }
        if interpolate {
            // Motion is the difference of two values, and both ends hold it in an i32.
            self.checks.push(quote! {
                const _: () = assert!(#kind.max() < 1 << 30, "an interpolated field has at most 2^30 values");
            });
        }
        self.schemas.push(schema_of(field, &kind, &attributes));
        let value = quote!(::tickwire_shared::replicate::FieldValue);
        self.quantise.push(quote! {{
            const KIND: ::tickwire_shared::replicate::FieldKind = #kind;
            out[#index] = KIND.quantise(#value::to_number(self.#ident));
        }});
        self.values
            .push(quote!(out[#index] = #value::to_number(self.#ident);));
        self.from_values
            .push(quote!(#ident: #value::from_number(values[#index])));
        Ok(())
    }

    fn implement(&self, ident: &Ident) -> TokenStream {
        let Parts {
            checks,
            schemas,
            quantise,
            values,
            from_values,
            positions: _,
        } = self;
        let (name, count) = (ident.to_string(), schemas.len());
        quote! {
            #(#checks)*
            const _: () = assert!(
                ::tickwire_shared::replicate::FieldSchema::can_head(<#ident as ::tickwire_shared::replicate::Replicate>::FIELDS),
                "a heading is one interpolated angle of at least 2 bits, seen by others, beside a position whose x and y have the same step and fewer than 2^24 values"
            );
            impl ::tickwire_shared::replicate::Replicate for #ident {
                const NAME: &'static str = #name;
                const FIELDS: &'static [::tickwire_shared::replicate::FieldSchema] = &[#(#schemas),*];
                #[inline]
                fn quantise(&self, out: &mut [u32]) {
                    let out = &mut out[..#count];
                    #(#quantise)*
                }
                #[inline]
                fn values(&self, out: &mut [f64]) {
                    let out = &mut out[..#count];
                    #(#values)*
                }
                #[inline]
                fn from_values(values: &[f64]) -> Self {
                    let values = &values[..#count];
                    Self { #(#from_values),* }
                }
            }
        }
    }
}

/// The `FieldSchema` expression of a field.
fn schema_of(field: &Field, kind: &TokenStream, attributes: &FieldAttributes) -> TokenStream {
    let name = field.ident.as_ref().map(ToString::to_string);
    let name = name.unwrap_or_default();
    let (interpolate, owner_only) = (
        attributes.interpolate.is_some(),
        attributes.owner_only.is_some(),
    );
    let (position, heading) = (attributes.position.is_some(), attributes.heading.is_some());
    let snap_over = attributes
        .snap_over
        .as_ref()
        .map_or_else(|| quote!(f64::INFINITY), |value| quote!((#value) as f64));
    quote! {
        ::tickwire_shared::replicate::FieldSchema {
            name: #name,
            kind: #kind,
            interpolate: #interpolate,
            owner_only: #owner_only,
            position: #position,
            heading: #heading,
            snap_over: #snap_over,
        }
    }
}

fn expand_enum(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    if data.variants.is_empty() || data.variants.len() > 256 {
        return Err(Error::new(
            input.span(),
            "a replicated enum has 1 to 256 variants",
        ));
    }
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) || variant.discriminant.is_some() {
            return Err(Error::new(
                variant.span(),
                "a replicated enum has plain unit variants",
            ));
        }
    }
    let ident = &input.ident;
    let count = data.variants.len() as u32;
    let variants = data
        .variants
        .iter()
        .map(|variant| &variant.ident)
        .collect::<Vec<_>>();
    let numbers = (0..count).collect::<Vec<_>>();
    let last = variants.last();
    Ok(quote! {
        impl ::tickwire_shared::replicate::FieldValue for #ident {
            const KIND: Option<::tickwire_shared::replicate::FieldKind> =
                Some(::tickwire_shared::replicate::FieldKind::Enum { count: #count });
            #[inline]
            fn to_number(self) -> f64 {
                f64::from(match self { #(Self::#variants => #numbers),* })
            }
            #[inline]
            fn from_number(number: f64) -> Self {
                match number as u32 { #(#numbers => Self::#variants,)* _ => Self::#last }
            }
        }
    })
}
