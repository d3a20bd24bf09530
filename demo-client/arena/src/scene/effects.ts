/**
 * What happened -> how it looks and sounds. Events come at the moment that the view shows.
 */

import { type ArenaEvent, railReachM } from "../arena-game";
import { mix, playerColour } from "../palette";
import type { Sound } from "../sound";
import type { Beams } from "./beams";
import type { Camera } from "./camera";
import type { Crosshair } from "./crosshair";
import type { Decals } from "./decals";
import type { Fighters } from "./fighters";
import { type Figure, MUZZLE_M, muzzleX, muzzleY } from "./figure";
import type { Numbers } from "./numbers";
import type { Particles } from "./particles";
import type { Textures } from "./textures";

/** What the effects use. */
export interface Stage {
  textures: Textures;
  camera: Camera;
  fighters: Fighters;
  /** Paint, smoke, shells: below the light. */
  dust: Particles;
  /** Sparks and flashes: the light itself. */
  light: Particles;
  beams: Beams;
  decals: Decals;
  numbers: Numbers;
  crosshair: Crosshair;
  sound: Sound;
}

/** Where a fighter stood when it fired, metres, and its aim, radians. */
interface Aimed {
  x: number;
  y: number;
  angle: number;
}

const TAU = Math.PI * 2;
const HOT = 0xffc56b;

export class Effects {
  readonly #stage: Stage;
  /** The map's name. */
  map = "";
  /** Called when the own fighter is hurt. */
  onHurt: (damage: number) => void = () => undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** `own` is the player at this screen. */
  happened(event: ArenaEvent, own: number | undefined): void {
    if (typeof event === "string") return;
    if ("Shot" in event) this.shot(event.Shot.player, event.Shot.player === own);
    else if ("Rail" in event) {
      const { player, x, y, to_x, to_y } = event.Rail;
      const angle = Math.atan2(to_y - y, to_x - x);
      this.rail(player, player === own, { x, y, angle }, Math.hypot(to_x - x, to_y - y));
    } else if ("Hit" in event) this.#hit(event.Hit, own);
    else if ("Spark" in event) this.#spark(event.Spark.x, event.Spark.y);
    else if ("Kill" in event) this.#kill(event.Kill, own);
    else if ("Spawned" in event) this.#spawned(event.Spawned.player, own);
  }

  /** A rifle fires from where its fighter is drawn, or from `aimed` if that is given. */
  shot(player: number, own: boolean, aimed?: Aimed): number {
    const { fighters, light, dust, textures, sound, crosshair, camera } = this.#stage;
    const figure = fighters.of(player);
    if (!figure?.alive) return -1;
    figure.kick();
    const angle = aimed?.angle ?? figure.aim;
    const x = muzzleX(aimed ?? figure, angle);
    const y = muzzleY(aimed ?? figure, angle);
    const flash = light.fresh();
    flash.texture = textures.flash;
    flash.x = x;
    flash.y = y;
    flash.angle = angle;
    flash.life = 0.07;
    flash.from = 0.9 + Math.random() * 0.35;
    flash.to = 0.5;
    light.emit(flash);
    this.#glow(x, y, 2.6, 0.09, HOT, 0.55);
    this.#shell(figure);
    const smoke = dust.fresh();
    smoke.texture = textures.puff;
    smoke.x = x;
    smoke.y = y;
    smoke.vx = Math.cos(angle) * 1.6;
    smoke.vy = Math.sin(angle) * 1.6;
    smoke.drag = 0.05;
    smoke.life = 0.4;
    smoke.from = 0.3;
    smoke.to = 0.8;
    smoke.alpha = 0.22;
    dust.emit(smoke);
    sound.shot(x, y, own);
    if (own) {
      crosshair.open();
      camera.shake(0.12);
    }
    return -1;
  }

  /** A rail fires up to `reachM`, or as far as the walls allow. Returns its beam, for {@link withdraw}. */
  rail(player: number, own: boolean, aimed: Aimed, reachM?: number): number {
    const { fighters, beams, sound, crosshair, camera } = this.#stage;
    const { angle } = aimed;
    const reach = reachM ?? railReachM(this.map, aimed.x, aimed.y, angle);
    const colour = playerColour(player);
    fighters.of(player)?.kick();
    const x = muzzleX(aimed, angle);
    const y = muzzleY(aimed, angle);
    this.#glow(x, y, 2.2, 0.18, mix(colour, 0xffffff, 0.4), 0.8);
    sound.rail(x, y, own);
    if (own) {
      crosshair.open();
      camera.shake(0.25);
    }
    return beams.shine(x, y, angle, reach - MUZZLE_M, colour);
  }

  /** The server refused a shot of the rail. */
  withdraw(beam: number): void {
    this.#stage.beams.withdraw(beam);
  }

  #hit(
    hit: { shooter: number; victim: number; damage: number; x: number; y: number },
    own: number | undefined,
  ): void {
    const { fighters, numbers, crosshair, sound, camera } = this.#stage;
    const figure = fighters.of(hit.victim);
    const colour = playerColour(hit.victim);
    if (hit.damage === 0) {
      // A shield took it.
      this.#glow(hit.x, hit.y, 1.5, 0.2, colour, 0.9);
      sound.spark(hit.x, hit.y);
      return;
    }
    figure?.hurt();
    // Paint keeps flying in the direction of the shot.
    const away = figure ? Math.atan2(figure.y - hit.y, figure.x - hit.x) : Math.random() * TAU;
    this.#spray(hit.x, hit.y, colour, 7, away, 0.9, 5);
    this.#spray(hit.x, hit.y, colour, 4, away + Math.PI, 0.7, 3);
    this.#glow(hit.x, hit.y, 1.1, 0.12, mix(colour, 0xffffff, 0.5), 0.7);
    if (hit.shooter === own) {
      numbers.float(String(hit.damage), hit.x, hit.y, 0xfff0c8);
      crosshair.hit(false);
      sound.hit();
    }
    if (hit.victim === own) {
      numbers.float(String(hit.damage), hit.x, hit.y, 0xff7a5c);
      camera.shake(0.45);
      sound.hurt();
      this.onHurt(hit.damage);
    }
  }

  #spark(x: number, y: number): void {
    const { light, dust, decals, textures, sound } = this.#stage;
    for (let i = 0; i < 6; i++) {
      const angle = Math.random() * TAU;
      const speed = 3 + Math.random() * 7;
      const spec = light.fresh();
      spec.texture = textures.spark;
      spec.x = x;
      spec.y = y;
      spec.vx = Math.cos(angle) * speed;
      spec.vy = Math.sin(angle) * speed;
      spec.drag = 0.02;
      spec.angle = angle;
      spec.life = 0.16 + Math.random() * 0.2;
      spec.from = 0.7;
      spec.to = 0.2;
      spec.tint = HOT;
      light.emit(spec);
    }
    const puff = dust.fresh();
    puff.texture = textures.puff;
    puff.x = x;
    puff.y = y;
    puff.life = 0.55;
    puff.from = 0.35;
    puff.to = 1;
    puff.alpha = 0.4;
    puff.tint = 0xd8c6ad;
    dust.emit(puff);
    this.#glow(x, y, 0.9, 0.1, HOT, 0.7);
    decals.mark(textures.scorch, x, y, Math.random() * TAU, 0.6, 0xffffff, 0.6);
    sound.spark(x, y);
  }

  #kill(
    kill: { killer: number; victim: number; x: number; y: number },
    own: number | undefined,
  ): void {
    const { light, dust, decals, textures, crosshair, camera, sound } = this.#stage;
    const colour = playerColour(kill.victim);
    const { x, y } = kill;
    this.#spray(x, y, colour, 26, 0, Math.PI, 8);
    this.#spray(x, y, mix(colour, 0xffffff, 0.5), 8, 0, Math.PI, 5);
    const shock = light.fresh();
    shock.texture = textures.shock;
    shock.x = x;
    shock.y = y;
    shock.life = 0.38;
    shock.from = 0.2;
    shock.to = 2.3;
    shock.tint = mix(colour, 0xffffff, 0.35);
    light.emit(shock);
    this.#glow(x, y, 3, 0.25, mix(colour, HOT, 0.5), 0.8);
    for (let i = 0; i < 5; i++) {
      const angle = Math.random() * TAU;
      const smoke = dust.fresh();
      smoke.texture = textures.puff;
      smoke.x = x;
      smoke.y = y;
      smoke.vx = Math.cos(angle) * 1.4;
      smoke.vy = Math.sin(angle) * 1.4;
      smoke.drag = 0.2;
      smoke.life = 0.9 + Math.random() * 0.5;
      smoke.from = 0.6;
      smoke.to = 1.8;
      smoke.alpha = 0.3;
      smoke.tint = 0x4a3d47;
      dust.emit(smoke);
    }
    const splat = textures.splat[Math.floor(Math.random() * textures.splat.length)];
    if (splat)
      decals.mark(splat, x, y, Math.random() * TAU, 0.75 + Math.random() * 0.3, colour, 0.6);
    sound.kill(x, y);
    if (kill.killer === own && kill.victim !== own) crosshair.hit(true);
    if (kill.victim === own) camera.shake(1);
    else if (kill.killer === own) camera.shake(0.4);
  }

  #spawned(player: number, own: number | undefined): void {
    const { fighters, light, textures, camera, sound } = this.#stage;
    const figure = fighters.of(player);
    if (!figure) return;
    figure.appear();
    const ring = light.fresh();
    ring.texture = textures.shock;
    ring.x = figure.x;
    ring.y = figure.y;
    ring.life = 0.45;
    ring.from = 2;
    ring.to = 0.5;
    ring.alpha = 0.8;
    ring.tint = figure.colour;
    light.emit(ring);
    this.#glow(figure.x, figure.y, 2.4, 0.5, figure.colour, 0.7);
    if (player !== own) return;
    camera.cut(figure.x, figure.y);
    sound.spawn();
  }

  #glow(x: number, y: number, size: number, life: number, tint: number, alpha: number): void {
    const { light, textures } = this.#stage;
    const glow = light.fresh();
    glow.texture = textures.glow;
    glow.x = x;
    glow.y = y;
    glow.life = life;
    glow.from = size;
    glow.to = size * 0.7;
    glow.tint = tint;
    glow.alpha = alpha;
    light.emit(glow);
  }

  /** Drops of paint within `spread` of a direction. */
  #spray(
    x: number,
    y: number,
    tint: number,
    count: number,
    angle: number,
    spread: number,
    speed: number,
  ): void {
    const { dust, textures } = this.#stage;
    for (let i = 0; i < count; i++) {
      const way = angle + (Math.random() * 2 - 1) * spread;
      const fast = speed * (0.25 + Math.random());
      const drop = dust.fresh();
      drop.texture = textures.dot;
      drop.x = x;
      drop.y = y;
      drop.vx = Math.cos(way) * fast;
      drop.vy = Math.sin(way) * fast;
      drop.drag = 0.03;
      drop.life = 0.35 + Math.random() * 0.45;
      drop.from = 0.45 + Math.random() * 0.8;
      drop.to = 0.15;
      drop.tint = tint;
      dust.emit(drop);
    }
  }

  /** A brass shell flies out of the gun's right side. */
  #shell(figure: Figure): void {
    const { dust, textures } = this.#stage;
    const side = figure.aim + Math.PI / 2;
    const shell = dust.fresh();
    shell.texture = textures.shell;
    shell.x = figure.x + Math.cos(figure.aim) * 0.45;
    shell.y = figure.y + Math.sin(figure.aim) * 0.45;
    const speed = 2 + Math.random() * 1.5;
    shell.vx = Math.cos(side) * speed;
    shell.vy = Math.sin(side) * speed;
    shell.drag = 0.02;
    shell.spin = 12 + Math.random() * 14;
    shell.angle = Math.random() * TAU;
    shell.life = 0.75;
    dust.emit(shell);
  }
}
