package dev.whetstone.engine;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalInt;

/** Settings of the engine, {@code whetstone.engine.*}. */
@ConfigMapping(prefix = "whetstone.engine")
public interface EngineConfig {
  /** Maximum completions decoded at once: KV slots of the model runner. */
  @WithDefault("16")
  int slots();

  /**
   * What the model runs on: {@code cpu}, or {@code cuda} or {@code cuda:N} for a GPU, which needs a
   * build with the Maven profile {@code cuda}.
   */
  @WithDefault("cpu")
  String device();

  /** Tokens one slot holds, prompt and completion; by default the model's context, at most 2048. */
  OptionalInt slotLength();

  /**
   * Tokens of prompts computed between two steps of decoding, which bounds how long prompts delay
   * it. Of several prompts the oldest gets all it needs, or at least half.
   */
  @WithDefault("128")
  int prefillChunk();

  /** Rows of logits computed by one scoring run, which bounds its memory. */
  @WithDefault("64")
  int scoreRows();

  /** Requests that may wait for a slot before further ones are refused. */
  @WithDefault("256")
  int queuedRequests();

  /** Prompt tokens of all waiting requests together before further ones are refused. */
  @WithDefault("131072")
  int queuedTokens();

  /** Maximum bytes of KV in the prefix cache, in blocks of 16 tokens; 0 turns it off. */
  @WithDefault("268435456")
  long prefixCacheBytes();

  /** How often the second side of a pair is resampled while it equals the first. */
  @WithDefault("4")
  int resamples();

  /** Longest step of the engine; after it health is down, as for an engine that has ended. */
  @WithDefault("PT2M")
  Duration stallLimit();

  /** Time limit of a request that sets none, from submission to its last token. */
  @WithDefault("PT2M")
  Duration timeout();
}
