//! Writes the TypeScript half of the rules: `page/generated/index.ts`.

tickwire_bind::types_main!(swarm_rules::Swarm);
