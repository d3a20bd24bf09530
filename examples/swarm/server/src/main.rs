tickwire::main!(swarm_game::SwarmGame);
