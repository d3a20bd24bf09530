//! Writes the TypeScript half of the rules: `page/generated/index.ts`.

tickwire_bind::types_main!(cards_rules::Cards);
