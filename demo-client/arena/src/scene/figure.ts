/**
 * One fighter on screen: shadow, feet, body, gun, helmet, shield, and above it the name and the health bar.
 *
 * In: its place in the view. Out: sprites that look alive: feet that walk, a gun that kicks, a flash when it is hurt.
 */

import { Container, Sprite, Text, Texture } from "pixi.js";
import { playerColour, playerStriped } from "../palette";
import { SUN_X, SUN_Y } from "./floor";
import type { Pooled } from "./pool";
import { M_PER_PX, type Textures } from "./textures";

/** Size of the health bar over a fighter, window pixels. */
const BAR_PX = 46;
const BAR_HEIGHT_PX = 5;
/** Height of the tag above the centre of the body, metres. */
const TAG_M = 0.86;
/** Above this many pixels per metre, tags grow with the picture, up to this factor. */
const TAG_PX_PER_M = 60;
const TAG_MOST = 1.6;
const FULL_HEALTH = 100;
/** Distance from the centre of the body to the muzzle, metres. */
export const MUZZLE_M = 0.98;
/** Duration of a flash of pain, a kick of the gun and a spawn, seconds. */
const HURT_S = 0.12;
const KICK_S = 0.11;
const APPEAR_S = 0.28;
/** Metres walked for each radian that the feet swing. */
const STRIDE_M = 0.16;

export class Figure implements Pooled {
  id = 0;
  frame = 0;
  player = -1;
  x = 0;
  y = 0;
  aim = 0;
  /** Metres per second, from what was drawn. */
  vx = 0;
  vy = 0;
  alive = false;
  colour = 0xffffff;
  /** Seconds until the next afterimage of a dash. */
  ghostS = 0;
  readonly shadow: Sprite;
  readonly body = new Container();
  readonly tag = new Container();
  readonly #turning = new Container();
  readonly #feet: readonly [Sprite, Sprite];
  readonly #torso: Sprite;
  readonly #helmet: Sprite;
  readonly #stripe: Sprite;
  readonly #gun: Sprite;
  readonly #ring: Sprite;
  readonly #shield: Sprite;
  readonly #name: Text;
  readonly #bar: Sprite;
  #shownName = "";
  #walked = 0;
  #hurtS = 0;
  #kickS = 0;
  #appearS = 0;
  #fresh = true;

  constructor(textures: Textures) {
    this.shadow = part(textures.shadow);
    this.shadow.rotation = Math.atan2(SUN_Y, SUN_X);
    this.#ring = part(textures.ring);
    this.#feet = [part(textures.foot), part(textures.foot)];
    this.#torso = part(textures.torso);
    this.#helmet = part(textures.helmet);
    this.#stripe = part(textures.stripe);
    this.#gun = part(textures.gun);
    this.#shield = part(textures.shield);
    this.#shield.blendMode = "add";
    this.#turning.addChild(
      part(textures.pack),
      this.#torso,
      this.#gun,
      this.#helmet,
      this.#stripe,
      part(textures.visor),
    );
    this.body.addChild(this.#ring, ...this.#feet, this.#turning, this.#shield);

    this.#name = new Text({
      text: "",
      anchor: { x: 0.5, y: 1 },
      style: {
        fontFamily: ["Barlow Condensed", "sans-serif"],
        fontWeight: "600",
        fontSize: 15,
        fill: 0xf7eeda,
        stroke: { color: 0x17111a, width: 4, join: "round" },
        letterSpacing: 0.4,
      },
    });
    const back = bar(0x17111a, BAR_PX + 2, BAR_HEIGHT_PX + 2);
    back.alpha = 0.8;
    back.position.set(-BAR_PX / 2 - 1, -1);
    this.#bar = bar(0xf4efe2, BAR_PX, BAR_HEIGHT_PX);
    this.#bar.x = -BAR_PX / 2;
    this.#name.y = -3;
    this.tag.addChild(back, this.#bar, this.#name);
  }

  /** Starts again for another entity. */
  begin(): void {
    this.#fresh = true;
    this.player = -1;
    this.alive = false;
    this.#hurtS = 0;
    this.#kickS = 0;
    this.ghostS = 0;
  }

  show(visible: boolean): void {
    this.shadow.visible = visible;
    this.body.visible = visible;
    this.tag.visible = visible;
  }

  /** Sets the player; `own` fighters get a ring. */
  belongs(player: number, own: boolean): void {
    this.#ring.visible = own;
    if (player === this.player) return;
    this.player = player;
    this.colour = playerColour(player);
    this.#stripe.visible = playerStriped(player);
  }

  name(name: string): void {
    if (name === this.#shownName) return;
    this.#shownName = name;
    this.#name.text = name;
  }

  hurt(): void {
    this.#hurtS = HURT_S;
  }

  kick(): void {
    this.#kickS = KICK_S;
  }

  appear(): void {
    this.#appearS = APPEAR_S;
  }

  place(x: number, y: number, aim: number, alive: boolean, dtS: number): void {
    const jumped = this.#fresh || !this.alive || Math.abs(x - this.x) + Math.abs(y - this.y) > 3;
    if (jumped || dtS <= 0) {
      this.vx = 0;
      this.vy = 0;
    } else {
      this.vx = (x - this.x) / dtS;
      this.vy = (y - this.y) / dtS;
      this.#walked += Math.hypot(x - this.x, y - this.y);
    }
    if (alive && !this.alive) this.appear();
    this.#fresh = false;
    this.alive = alive;
    this.x = x;
    this.y = y;
    this.aim = aim;
  }

  /** Updates the sprites. A `shielded` fighter pulses; `health` is 0..=100. */
  draw(health: number, shielded: boolean, nowS: number, dtS: number): void {
    this.show(this.alive);
    if (!this.alive) return;
    this.#hurtS = Math.max(0, this.#hurtS - dtS);
    this.#kickS = Math.max(0, this.#kickS - dtS);
    this.#appearS = Math.max(0, this.#appearS - dtS);
    const grown = 1 - (this.#appearS / APPEAR_S) ** 2;
    this.shadow.position.set(this.x + SUN_X * 0.42, this.y + SUN_Y * 0.42);
    this.body.position.set(this.x, this.y);
    this.body.scale.set(Math.max(0.05, grown));
    this.#turning.rotation = this.aim;
    const kick = this.#kickS / KICK_S;
    this.#gun.x = -0.13 * kick;
    this.#torso.x = -0.035 * kick;

    const paint = this.#hurtS > 0 ? 0xffffff : this.colour;
    tint(this.#torso, paint);
    tint(this.#helmet, paint);
    tint(this.#ring, this.colour);
    this.#ring.rotation = nowS * 0.7;
    this.#walk();

    this.#shield.visible = shielded;
    if (shielded) {
      tint(this.#shield, this.colour);
      this.#shield.alpha = 0.75 + 0.25 * Math.sin(nowS * 9);
      this.#shield.rotation = nowS;
    }
    const part = Math.min(1, Math.max(0, health / FULL_HEALTH));
    this.#bar.width = BAR_PX * part;
    tint(this.#bar, part > 0.5 ? 0xf4efe2 : part > 0.25 ? 0xffb347 : 0xff5a3c);
  }

  /** Moves the tag to (x, y), window pixels. */
  hang(x: number, y: number, pxPerM: number): void {
    const size = Math.min(TAG_MOST, Math.max(1, pxPerM / TAG_PX_PER_M));
    this.tag.scale.set(size);
    this.tag.position.set(Math.round(x), Math.round(y - TAG_M * pxPerM - BAR_HEIGHT_PX * size));
  }

  #walk(): void {
    const speed = Math.hypot(this.vx, this.vy);
    const heading = speed > 0.4 ? Math.atan2(this.vy, this.vx) : this.aim;
    const swing = speed > 0.4 ? Math.sin(this.#walked / STRIDE_M) * 0.24 : 0;
    const cos = Math.cos(heading);
    const sin = Math.sin(heading);
    for (let i = 0; i < 2; i++) {
      const foot = this.#feet[i];
      if (!foot) continue;
      const side = i === 0 ? 0.2 : -0.2;
      const along = i === 0 ? swing : -swing;
      foot.position.set(cos * along - sin * side, sin * along + cos * side);
      foot.rotation = heading;
    }
  }
}

/** Where the muzzle of a fighter is, metres. */
export function muzzleX({ x }: { x: number }, angle: number): number {
  return x + Math.cos(angle) * MUZZLE_M - Math.sin(angle) * 0.08;
}

export function muzzleY({ y }: { y: number }, angle: number): number {
  return y + Math.sin(angle) * MUZZLE_M + Math.cos(angle) * 0.08;
}

/** The renderer splits a colour up each time it is set, so set it only when it changes. */
function tint(sprite: Sprite, colour: number): void {
  if (sprite.tint !== colour) sprite.tint = colour;
}

function part(texture: Texture): Sprite {
  const sprite = new Sprite(texture);
  sprite.anchor.set(0.5);
  sprite.scale.set(M_PER_PX);
  return sprite;
}

function bar(tint: number, width: number, height: number): Sprite {
  const sprite = new Sprite(Texture.WHITE);
  sprite.tint = tint;
  sprite.width = width;
  sprite.height = height;
  return sprite;
}
