/**
 * All fighters: rows of the view -> figures. Reads columns in place, and allocates nothing per fighter and frame.
 */

import { Container } from "pixi.js";
import { type PlayerInfo, rowOf } from "tickwire";
import type { ArenaView } from "../arena-game";
import { DASH_SEEN_M_S } from "../tunables";
import type { Camera } from "./camera";
import { Figure } from "./figure";
import type { Particles } from "./particles";
import { Pool } from "./pool";
import type { Textures } from "./textures";

/** Seconds between the afterimages of a dash. */
const GHOST_EVERY_S = 0.022;

export class Fighters {
  readonly shadows = new Container();
  readonly bodies = new Container();
  readonly tags = new Container();
  readonly #byPlayer = new Map<number, Figure>();
  readonly #pool: Pool<Figure>;
  readonly #textures: Textures;
  readonly #particles: Particles;

  constructor(textures: Textures, particles: Particles) {
    this.#textures = textures;
    this.#particles = particles;
    this.#pool = new Pool<Figure>(
      () => this.#make(),
      (figure) => figure.begin(),
      (figure) => {
        figure.show(false);
        if (this.#byPlayer.get(figure.player) === figure) this.#byPlayer.delete(figure.player);
      },
    );
  }

  /** The fighter of a player, while it is drawn. */
  of(player: number): Figure | undefined {
    return this.#byPlayer.get(player);
  }

  /** All fighters that are drawn, including dead ones. */
  get drawn(): readonly Figure[] {
    return this.#pool.active;
  }

  draw(
    view: ArenaView,
    players: ReadonlyMap<number, PlayerInfo>,
    ownEntity: number | undefined,
    nowS: number,
    dtS: number,
  ): void {
    const { Fighter: fighters, Body: bodies } = view;
    this.#pool.start();
    for (let row = 0; row < fighters.count; row++) {
      const id = fighters.ids[row] ?? 0;
      const at = rowOf(bodies, id, row);
      if (at < 0) continue;
      const figure = this.#pool.show(id);
      const player = fighters.player[row] ?? 0;
      figure.belongs(player, id === ownEntity);
      this.#byPlayer.set(player, figure);
      figure.name(players.get(player)?.name ?? "");
      const alive = bodies.alive[at] !== 0;
      figure.place(bodies.x[at] ?? 0, bodies.y[at] ?? 0, bodies.aim[at] ?? 0, alive, dtS);
      figure.draw(fighters.health[row] ?? 0, fighters.shielded[row] !== 0, nowS, dtS);
      if (alive) this.#ghosts(figure, dtS);
    }
    this.#pool.finish();
  }

  /** Moves the name tags to where the camera sees their fighters. */
  hangTags(camera: Camera): void {
    for (const figure of this.#pool.active) {
      figure.hang(camera.toWindowX(figure.x), camera.toWindowY(figure.y), camera.scale);
    }
  }

  /** A dash leaves afterimages. */
  #ghosts(figure: Figure, dtS: number): void {
    figure.ghostS -= dtS;
    if (figure.ghostS > 0 || Math.hypot(figure.vx, figure.vy) < DASH_SEEN_M_S) return;
    figure.ghostS = GHOST_EVERY_S;
    const spec = this.#particles.fresh();
    spec.texture = this.#textures.torso;
    spec.x = figure.x;
    spec.y = figure.y;
    spec.angle = figure.aim;
    spec.life = 0.3;
    spec.from = 1;
    spec.to = 0.75;
    spec.alpha = 0.5;
    spec.tint = figure.colour;
    this.#particles.emit(spec);
  }

  #make(): Figure {
    const figure = new Figure(this.#textures);
    this.shadows.addChild(figure.shadow);
    this.bodies.addChild(figure.body);
    this.tags.addChild(figure.tag);
    return figure;
  }
}
