/**
 * The picture: owns the renderer, the layers from the floor upwards, and the order in which a frame is drawn.
 *
 * In: the room's view and events. Out: one drawn frame for each call. It requests no animation frames itself.
 */

import "pixi.js/unsafe-eval";
import { Container, Sprite, Ticker, WebGLRenderer } from "pixi.js";
import type { PlayerInfo } from "tickwire";
import type { ArenaEvent, ArenaMap, ArenaView } from "../arena-game";
import { theme } from "../palette";
import type { Sound } from "../sound";
import { GROUND_MAX_PX_PER_M, GROUND_MIN_PX_PER_M, PARTICLES } from "../tunables";
import { Beams } from "./beams";
import { Camera } from "./camera";
import { Crosshair } from "./crosshair";
import { Decals } from "./decals";
import { Effects } from "./effects";
import { Fighters } from "./fighters";
import { extent, GROUND_MARGIN_M, paintFloor } from "./floor";
import { Numbers } from "./numbers";
import { OwnShots } from "./own-shots";
import { Particles } from "./particles";
import { Projectiles } from "./projectiles";
import { picture } from "./quads";
import { Quality } from "./quality";
import { seeded } from "./random";
import { M_PER_PX, makeTextures, type Textures } from "./textures";
import { isCentre } from "./wall-tops";
import { Walls } from "./walls";

/** Number of textures that one draw call of sprites may use: the atlas, and some names. */
const BATCH_TEXTURES = 4;

/** Everything that a frame is drawn from. */
export interface Moment {
  view: ArenaView | undefined;
  players: ReadonlyMap<number, PlayerInfo>;
  ownPlayer: number | undefined;
  ownEntity: number | undefined;
  /** The mouse, window pixels. */
  mouseX: number;
  mouseY: number;
  nowMs: number;
  dtS: number;
}

export class Scene {
  readonly camera = new Camera();
  readonly beams: Beams;
  readonly effects: Effects;
  readonly fighters: Fighters;
  readonly ownShots: OwnShots;
  readonly #renderer: WebGLRenderer;
  readonly #quality: Quality;
  readonly #root = new Container();
  readonly #world = new Container();
  readonly #ground = new Container();
  readonly #wallLayer = new Container();
  readonly #projectiles: Projectiles;
  readonly #dust = new Particles(PARTICLES, "normal");
  readonly #light = new Particles(PARTICLES, "add");
  readonly #decals = new Decals();
  readonly #numbers = new Numbers();
  readonly #crosshair = new Crosshair();
  readonly #hearth: Sprite;
  readonly #textures: Textures;
  #walls: Walls | undefined;
  #map = "";
  #emberS = 0;

  private constructor(renderer: WebGLRenderer, quality: Quality, sound: Sound) {
    this.#renderer = renderer;
    this.#quality = quality;
    const textures = makeTextures(seeded("splats"));
    this.#textures = textures;
    this.fighters = new Fighters(textures, this.#dust);
    this.#projectiles = new Projectiles(textures);
    this.beams = new Beams(textures);
    this.#hearth = new Sprite(textures.glow);
    this.#hearth.anchor.set(0.5);
    this.#hearth.blendMode = "add";
    this.effects = new Effects({
      textures,
      camera: this.camera,
      fighters: this.fighters,
      dust: this.#dust,
      light: this.#light,
      beams: this.beams,
      decals: this.#decals,
      numbers: this.#numbers,
      crosshair: this.#crosshair,
      sound,
    });
    this.ownShots = new OwnShots(this.effects);
    this.#world.addChild(
      this.#ground,
      this.#decals.layer,
      this.#hearth,
      this.#projectiles.glows,
      this.fighters.shadows,
      this.fighters.bodies,
      this.#dust.layer,
      this.#projectiles.tracers,
      this.beams.layer,
      this.#wallLayer,
      this.#light.layer,
    );
    this.#root.addChild(
      this.#world,
      this.fighters.tags,
      this.#numbers.layer,
      this.#crosshair.layer,
    );
  }

  /** Puts a canvas into `host`. The fonts must be loaded, because text is painted into textures. */
  static async create(host: HTMLElement, sound: Sound): Promise<Scene> {
    // The page has one requestAnimationFrame loop; the renderer's occasional work is done in it too.
    Ticker.system.autoStart = false;
    Ticker.system.stop();
    const quality = new Quality();
    const renderer = new WebGLRenderer();
    await renderer.init({
      width: host.clientWidth,
      height: host.clientHeight,
      antialias: quality.antialias,
      resolution: quality.resolution,
      autoDensity: true,
      backgroundColor: theme("").void,
      powerPreference: "high-performance",
    });
    // Small pictures share one texture: a shader that chooses among a few textures is cheaper than one for sixteen.
    renderer.limits.maxBatchableTextures = BATCH_TEXTURES;
    // The page has its own listeners.
    renderer.events?.setTargetElement(null as unknown as HTMLElement);
    renderer.canvas.setAttribute("aria-hidden", "true");
    host.append(renderer.canvas);
    const scene = new Scene(renderer, quality, sound);
    const fit = () => {
      renderer.resize(host.clientWidth, host.clientHeight);
      scene.camera.resize(host.clientWidth, host.clientHeight);
    };
    new ResizeObserver(fit).observe(host);
    fit();
    return scene;
  }

  /** Paints a map, unless it is the current one. */
  load(map: ArenaMap): void {
    if (map.name === this.#map) return;
    this.#map = map.name;
    this.effects.map = map.name;
    const look = theme(map.name);
    const wanted = this.camera.scale * this.#quality.resolution;
    const pxPerM = Math.min(GROUND_MAX_PX_PER_M, Math.max(GROUND_MIN_PX_PER_M, wanted));
    const size = extent(map, pxPerM);
    this.camera.bound(size.halfWidth, size.halfHeight);
    this.#renderer.background.color = look.void;
    for (const old of [...this.#ground.removeChildren(), ...this.#wallLayer.removeChildren()]) {
      old.destroy({ children: true, texture: true, textureSource: true });
    }
    const width = 2 * (size.halfWidth + GROUND_MARGIN_M);
    const height = 2 * (size.halfHeight + GROUND_MARGIN_M);
    this.#ground.addChild(picture(width, height, paintFloor(map, size, look)).mesh);
    this.#walls = new Walls(map, size, look);
    this.#wallLayer.addChild(this.#walls.layer);
    this.#hearth.visible = map.walls.some(isCentre);
    this.#hearth.tint = look.hedge ? 0x6fd0e8 : 0xff8a3a;
  }

  happened(event: ArenaEvent, own: number | undefined): void {
    if (typeof event === "object") {
      if ("Shot" in event && event.Shot.player === own && this.ownShots.told("Shot")) return;
      if ("Rail" in event && event.Rail.player === own && this.ownShots.told("Rail")) return;
    }
    this.effects.happened(event, own);
  }

  draw(moment: Moment): void {
    const { view, nowMs, dtS } = moment;
    const nowS = nowMs / 1000;
    if (view) {
      this.fighters.draw(view, moment.players, moment.ownEntity, nowS, dtS);
      this.#projectiles.draw(view);
    }
    this.#look(moment);
    this.#dust.update(dtS);
    this.#light.update(dtS);
    this.#decals.update(dtS);
    this.beams.update(dtS);
    this.camera.apply(this.#world, nowMs, dtS);
    this.#walls?.lean(this.camera.x, this.camera.y);
    if (this.#hearth.visible) this.#embers(dtS);
    this.#hearth.scale.set(
      (4.6 + Math.sin(nowS * 2.3) * 0.25 + Math.sin(nowS * 5.1) * 0.12) * M_PER_PX,
    );
    this.#hearth.alpha = 0.34 + Math.sin(nowS * 3.7) * 0.04;
    this.fighters.hangTags(this.camera);
    this.#numbers.update(this.camera, dtS);
    Ticker.system.update(nowMs);
    if (this.#quality.frame(nowMs)) {
      this.#renderer.resize(this.camera.width, this.camera.height, this.#quality.resolution);
    }
    this.#renderer.render(this.#root);
  }

  /** Shows or hides the crosshair; call it before `draw`. */
  aim(visible: boolean, x: number, y: number, dtS: number): void {
    this.#crosshair.draw(visible, x, y, dtS);
  }

  /** Sparks that rise from the furnace, or drops from the fountain. */
  #embers(dtS: number): void {
    this.#emberS -= dtS;
    if (this.#emberS > 0) return;
    this.#emberS = 0.06 + Math.random() * 0.12;
    const ember = this.#light.fresh();
    ember.texture = this.#textures.dot;
    ember.x = (Math.random() * 2 - 1) * 1.6;
    ember.y = (Math.random() * 2 - 1) * 0.9;
    ember.vx = 0.5 + Math.random();
    ember.vy = 0.3 + Math.random() * 0.8;
    ember.drag = 0.6;
    ember.life = 1 + Math.random() * 1.2;
    ember.from = 0.22 + Math.random() * 0.2;
    ember.to = 0.05;
    ember.alpha = 0.9;
    ember.tint = this.#hearth.tint;
    this.#light.emit(ember);
  }

  #look({ view, ownPlayer, mouseX, mouseY, nowMs, dtS }: Moment): void {
    const own = ownPlayer === undefined ? undefined : this.fighters.of(ownPlayer);
    if (own) this.camera.follow(own.x, own.y, mouseX, mouseY, dtS);
    else if (!view) this.camera.drift(nowMs / 1000);
  }
}
