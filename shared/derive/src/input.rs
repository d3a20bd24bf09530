//! `#[derive(Input)]`: which inputs an honest client can send and in which bits they travel, from what their fields declare.
//!
//! In: a struct whose fields have `#[net(..)]` where their type alone says too little; or an enum, to stand in a field of
//! one. Out: implementations of `tickwire_shared::input::Input` (struct) and `InputField` (both).

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Field, Fields, Member, Result, Type, spanned::Spanned};

use crate::attributes::{FieldAttributes, is_float};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    match &input.data {
        Data::Struct(data) => expand_struct(input, &data.fields),
        Data::Enum(data) => {
            let variants = data.variants.iter();
            let variants = variants.map(|variant| {
                let (ident, fields) = (&variant.ident, Travels::all(&variant.fields)?);
                Ok((quote!(Self::#ident), fields))
            });
            let variants = variants.collect::<Result<Vec<_>>>()?;
            Ok(field_of_input(input, &variants, true))
        }
        Data::Union(_) => Err(Error::new(input.ident.span(), "an input is a struct")),
    }
}

fn expand_struct(input: &DeriveInput, fields: &Fields) -> Result<TokenStream> {
    if matches!(fields, Fields::Unnamed(_)) {
        let words = "an input is a struct with named fields";
        return Err(Error::new(input.ident.span(), words));
    }
    let mut held = Vec::new();
    for field in fields {
        let ident = &field.ident;
        if FieldAttributes::parse(&field.attrs)?.held.is_some() {
            held.push(quote!(#ident: ::core::clone::Clone::clone(&self.#ident)));
        }
    }
    let ident = &input.ident;
    let released = match held.len() == fields.len() {
        true => quote!(::core::clone::Clone::clone(self)),
        false => quote!(Self { #(#held,)* ..::core::default::Default::default() }),
    };
    let field = field_of_input(input, &[(quote!(Self), Travels::all(fields)?)], false);
    Ok(quote! {
        impl ::tickwire_shared::input::Input for #ident {
            fn released(&self) -> Self {
                #released
            }
        }
        #field
    })
}

/// The implementation of `InputField` for a type of these variants, or of one form alone.
fn field_of_input<'a>(
    input: &DeriveInput,
    variants: &[(TokenStream, Vec<Travels<'a>>)],
    is_enum: bool,
) -> TokenStream {
    let module = quote!(::tickwire_shared::input);
    let count = variants.len() as u32;
    let variant = quote!(::tickwire_shared::replicate::FieldKind::Enum { count: #count });
    let places = (0..count).collect::<Vec<_>>();
    let paths = variants.iter().map(|(path, _)| path).collect::<Vec<_>>();
    let each = |of: fn(&Travels<'a>) -> TokenStream| {
        let variants = variants.iter();
        let variants = variants.map(|(_, fields)| fields.iter().map(of).collect::<TokenStream>());
        variants.collect::<Vec<_>>()
    };
    let (bound, checks, samples) = (
        each(Travels::bound),
        each(Travels::check),
        each(Travels::sample),
    );
    let (packs, unpacks, layouts) = (
        each(Travels::pack),
        each(Travels::unpack),
        each(Travels::layout),
    );
    // A struct has no tag before its fields.
    let tag_packs = places.iter().map(|place| match is_enum {
        true => quote!(#module::pack(#variant, #place, out);),
        false => quote!(),
    });
    let (choose_sample, tag_unpack, tag_layout) = match is_enum {
        true => (
            quote!(random.below(u64::from(#count)) as u32),
            quote!(#module::unpack::<u32>(#variant, from)?),
            quote!(out.0.push(#module::Packing::Kind(#variant));),
        ),
        false => (quote!(0_u32), quote!(0_u32), quote!()),
    };
    let ident = &input.ident;
    quote! {
        impl #module::InputField for #ident {
            fn is_valid(&self) -> bool {
                match self { #(#paths { #bound } => true #checks,)* }
            }
            fn sample(random: &mut ::tickwire_shared::random::Random) -> Self {
                match #choose_sample {
                    #(#places => #paths { #samples },)*
                    _ => ::core::unreachable!(),
                }
            }
            fn pack(&self, out: &mut ::tickwire_shared::snapshot::BitWriter) {
                match self { #(#paths { #bound } => { #tag_packs #packs })* }
            }
            fn unpack(
                from: &mut ::tickwire_shared::snapshot::BitReader<'_>,
            ) -> ::core::result::Result<Self, ::tickwire_shared::snapshot::SnapshotError> {
                ::core::result::Result::Ok(match #tag_unpack {
                    #(#places => #paths { #unpacks },)*
                    _ => return ::core::result::Result::Err(
                        ::tickwire_shared::snapshot::SnapshotError::Invalid,
                    ),
                })
            }
            fn layout(out: &mut #module::InputLayout) {
                #tag_layout
                #(#layouts)*
            }
        }
    }
}

/// One field, and how it travels.
struct Travels<'a> {
    member: Member,
    ty: &'a Type,
    range: Option<(TokenStream, TokenStream)>,
    way: Way,
}

/// In which bits.
enum Way {
    /// As a `FieldKind`, which the expression gives.
    Kind(TokenStream),
    /// A float in its own bits.
    Whole,
    /// As its type says.
    Own,
}

impl<'a> Travels<'a> {
    fn all(fields: &'a Fields) -> Result<Vec<Travels<'a>>> {
        let fields = fields.iter().zip(fields.members());
        fields
            .map(|(field, member)| Travels::new(field, member))
            .collect()
    }

    fn new(field: &'a Field, member: Member) -> Result<Travels<'a>> {
        let ty = &field.ty;
        let attributes = FieldAttributes::parse(&field.attrs)?;
        attributes.allow_only_input(field)?;
        let range = match attributes.ends()? {
            Some((start, end)) => Some((quote!(#start), quote!(#end))),
            None if attributes.angle.is_some() => {
                let pi = quote!(::core::f64::consts::PI as #ty);
                Some((quote!(-(#pi)), quote!((#pi))))
            }
            None => None,
        };
        let way = match (&range, attributes.is_stepped()) {
            (Some(_), false) if is_float(ty) => Way::Whole,
            (None, _) if is_float(ty) => {
                return Err(Error::new(
                    ty.span(),
                    "say which values a client may send: `#[net(range = -1.0..=1.0)]`, or `#[net(angle)]` for radians from -pi to pi",
                ));
            }
            (None, false) => Way::Own,
            (Some((_, end)), true) if attributes.angle.is_none() => {
                let kind = attributes.kind(ty)?;
                Way::Kind(quote!(::tickwire_shared::input::ends_on_a_step(#kind, (#end) as f64)))
            }
            (Some(_), false) => {
                let kind = attributes.kind(ty)?;
                Way::Kind(quote!(::tickwire_shared::input::of_whole_numbers::<#ty>(#kind)))
            }
            _ => Way::Kind(attributes.kind(ty)?),
        };
        Ok(Travels {
            member,
            ty,
            range,
            way,
        })
    }

    /// What the field is called while it is looked at.
    fn name(&self) -> syn::Ident {
        match &self.member {
            Member::Named(ident) => format_ident!("field_{ident}"),
            Member::Unnamed(index) => format_ident!("field_{}", index.index),
        }
    }

    fn bound(&self) -> TokenStream {
        let (member, name) = (&self.member, self.name());
        quote!(#member: #name,)
    }

    /// `&&` and: true for what an honest client can send in this field.
    fn check(&self) -> TokenStream {
        let (name, ty) = (self.name(), self.ty);
        match &self.range {
            // Comparisons with a NaN are false, so a NaN is in no range.
            Some((start, end)) => quote!(&& (#start..=#end).contains(#name)),
            None => quote!(&& <#ty as ::tickwire_shared::input::InputField>::is_valid(#name)),
        }
    }

    fn pack(&self) -> TokenStream {
        let (name, ty) = (self.name(), self.ty);
        match &self.way {
            Way::Kind(kind) => {
                quote!(::tickwire_shared::input::pack(const { #kind }, *#name, out);)
            }
            Way::Whole => {
                quote!(::tickwire_shared::input::WholeFloat::pack_whole(*#name, out);)
            }
            Way::Own => quote!(<#ty as ::tickwire_shared::input::InputField>::pack(#name, out);),
        }
    }

    /// `member: value,` with the value that its bits give.
    fn unpack(&self) -> TokenStream {
        let (member, ty) = (&self.member, self.ty);
        let value = match (&self.way, &self.range) {
            (Way::Kind(kind), range) => {
                let value = quote!(::tickwire_shared::input::unpack::<#ty>(const { #kind }, from)?);
                match range {
                    // The last step may end beyond the range.
                    Some((start, end)) => quote!(#value.clamp(#start, #end)),
                    None => value,
                }
            }
            (Way::Whole, _) => {
                quote!(<#ty as ::tickwire_shared::input::WholeFloat>::unpack_whole(from)?)
            }
            (Way::Own, _) => {
                quote!(<#ty as ::tickwire_shared::input::InputField>::unpack(from)?)
            }
        };
        quote!(#member: #value,)
    }

    fn layout(&self) -> TokenStream {
        let (ty, packing) = (self.ty, quote!(::tickwire_shared::input::Packing));
        match &self.way {
            Way::Kind(kind) => quote!(out.0.push(#packing::Kind(const { #kind }));),
            Way::Whole => {
                let (start, end) = self.range.as_ref().map_or_else(
                    || (quote!(f64::MIN), quote!(f64::MAX)),
                    |(start, end)| (quote!((#start) as f64), quote!((#end) as f64)),
                );
                quote!(out.0.push(#packing::Whole {
                    bits: <#ty as ::tickwire_shared::input::WholeFloat>::BITS,
                    start: #start,
                    end: #end,
                });)
            }
            Way::Own => quote!(<#ty as ::tickwire_shared::input::InputField>::layout(out);),
        }
    }

    /// `member: value,` with a value that an honest client could send.
    fn sample(&self) -> TokenStream {
        let (member, ty) = (&self.member, self.ty);
        let value = match &self.range {
            Some((start, end)) if is_float(ty) => quote!(
                (random.float((#start) as f64, (#end) as f64) as #ty).clamp(#start, #end)
            ),
            Some((start, end)) => quote!(random.integer((#start) as i64, (#end) as i64) as #ty),
            None => quote!(<#ty as ::tickwire_shared::input::InputField>::sample(random)),
        };
        quote!(#member: #value,)
    }
}
