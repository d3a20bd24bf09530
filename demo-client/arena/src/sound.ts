/**
 * Sounds, all made of oscillators and noise: there are no sound files. They get quieter and move to the side with the
 * distance from the listener. They are silent when muted, and until the person has touched the page, as browsers
 * demand.
 */

/** Nothing is heard from beyond this distance, metres. */
const HEARING_M = 22;
/** Sounds that may start within one animation frame; more would only be noise. */
const VOICES = 12;
const VOLUME = 0.35;

export class Sound {
  /** The listener's place, metres. */
  x = 0;
  y = 0;
  #context: AudioContext | undefined;
  #out: GainNode | undefined;
  #noise: AudioBuffer | undefined;
  #muted = false;
  #voices = 0;

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    if (this.#out) this.#out.gain.value = muted ? 0 : VOLUME;
  }

  /** Call this when the person has pressed something. */
  wake(): void {
    if (!this.#context) this.#open();
    if (this.#context?.state === "suspended") void this.#context.resume();
  }

  shot(x: number, y: number, own: boolean): void {
    this.#play(x, y, own ? 0.8 : 0.5, (at, out) => {
      this.#burst(at, out, 0.09, 2600, 500, 0.9);
      this.#tone(at, out, "square", 210, 60, 0.07, 0.35);
    });
  }

  rail(x: number, y: number, own: boolean): void {
    this.#play(x, y, own ? 0.9 : 0.6, (at, out) => {
      this.#tone(at, out, "sawtooth", 1500, 110, 0.3, 0.4);
      this.#burst(at, out, 0.22, 5000, 700, 0.8);
    });
  }

  spark(x: number, y: number): void {
    this.#play(x, y, 0.25, (at, out) => this.#burst(at, out, 0.05, 6000, 2500, 0.6));
  }

  hit(): void {
    this.#play(this.x, this.y, 0.5, (at, out) =>
      this.#tone(at, out, "triangle", 1250, 900, 0.06, 0.7),
    );
  }

  hurt(): void {
    this.#play(this.x, this.y, 0.9, (at, out) => {
      this.#tone(at, out, "sawtooth", 170, 70, 0.16, 0.5);
      this.#burst(at, out, 0.1, 900, 200, 0.7);
    });
  }

  kill(x: number, y: number): void {
    this.#play(x, y, 0.9, (at, out) => {
      this.#burst(at, out, 0.5, 1400, 90, 1);
      this.#tone(at, out, "sine", 120, 34, 0.4, 0.9);
    });
  }

  spawn(): void {
    this.#play(this.x, this.y, 0.5, (at, out) => {
      this.#tone(at, out, "triangle", 330, 660, 0.16, 0.5);
      this.#tone(at + 0.09, out, "triangle", 495, 990, 0.2, 0.4);
    });
  }

  dash(): void {
    this.#play(this.x, this.y, 0.4, (at, out) => this.#burst(at, out, 0.2, 500, 2600, 0.6));
  }

  reload(): void {
    this.#play(this.x, this.y, 0.4, (at, out) => {
      this.#burst(at, out, 0.03, 3000, 2000, 0.8);
      this.#burst(at + 0.16, out, 0.04, 2200, 1200, 0.9);
    });
  }

  fanfare(won: boolean): void {
    const notes = won ? [392, 523, 659, 784] : [392, 349, 311];
    this.#play(this.x, this.y, 0.6, (at, out) => {
      notes.forEach((note, i) => {
        this.#tone(at + i * 0.13, out, "triangle", note, note, 0.3, 0.5);
      });
    });
  }

  #open(): void {
    if (typeof AudioContext === "undefined") return;
    const context = new AudioContext();
    this.#context = context;
    this.#out = new GainNode(context, { gain: this.#muted ? 0 : VOLUME });
    this.#out.connect(new DynamicsCompressorNode(context)).connect(context.destination);
    this.#noise = context.createBuffer(1, context.sampleRate / 2, context.sampleRate);
    const samples = this.#noise.getChannelData(0);
    for (let i = 0; i < samples.length; i++) samples[i] = Math.random() * 2 - 1;
  }

  #play(x: number, y: number, volume: number, voice: (at: number, out: AudioNode) => void): void {
    const context = this.#context;
    if (!context || !this.#out || this.#muted || context.state !== "running") return;
    const distance = Math.hypot(x - this.x, y - this.y);
    if (distance > HEARING_M || this.#voices >= VOICES) return;
    this.#voices += 1;
    setTimeout(() => {
      this.#voices -= 1;
    }, 60);
    const gain = new GainNode(context, { gain: volume * (1 - distance / HEARING_M) ** 2 });
    const pan = new StereoPannerNode(context, {
      pan: Math.max(-1, Math.min(1, (x - this.x) / 14)),
    });
    gain.connect(pan).connect(this.#out);
    voice(context.currentTime, gain);
  }

  /** Noise through a filter that sweeps from one frequency to another. */
  #burst(
    at: number,
    out: AudioNode,
    length: number,
    fromHz: number,
    toHz: number,
    volume: number,
  ): void {
    const context = this.#context;
    if (!context || !this.#noise) return;
    const source = new AudioBufferSourceNode(context, { buffer: this.#noise });
    const filter = new BiquadFilterNode(context, { type: "bandpass", Q: 0.8, frequency: fromHz });
    filter.frequency.setValueAtTime(fromHz, at);
    filter.frequency.exponentialRampToValueAtTime(toHz, at + length);
    source
      .connect(filter)
      .connect(fade(context, at, length, volume))
      .connect(out);
    source.start(at, Math.random() * 0.2, length + 0.05);
  }

  #tone(
    at: number,
    out: AudioNode,
    type: OscillatorType,
    fromHz: number,
    toHz: number,
    length: number,
    volume: number,
  ): void {
    const context = this.#context;
    if (!context) return;
    const source = new OscillatorNode(context, { type, frequency: fromHz });
    source.frequency.setValueAtTime(fromHz, at);
    source.frequency.exponentialRampToValueAtTime(toHz, at + length);
    source.connect(fade(context, at, length, volume)).connect(out);
    source.start(at);
    source.stop(at + length + 0.02);
  }
}

function fade(context: AudioContext, at: number, length: number, volume: number): GainNode {
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(volume, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + length);
  return gain;
}
