package dev.whetstone.engine.runner;

import dev.whetstone.policy.Policy;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * A model with a KV cache of fixed slots. Sequences that decode occupy the first slots; prompts are
 * computed in the last ones. Not thread-safe: the engine thread owns it, and other threads may call
 * only {@link #prepare}.
 */
public interface ModelRunner extends AutoCloseable {
  /** The length of one row of logits. */
  int vocabularySize();

  /** Number of KV slots. */
  int slots();

  /** Maximum tokens in a slot. */
  int slotLength();

  /** Bytes of KV cache of one token: keys and values of all layers. */
  int kvBytesPerToken();

  /** Hash of the base model: part of every prefix-cache key. */
  String baseHash();

  /**
   * Does the slow part of {@link #stage} in advance, so that running sequences do not wait for it;
   * any thread. Optional: {@code stage} works without it.
   *
   * @throws IllegalArgumentException as {@link #stage}
   */
  default void prepare(Policy policy) {}

  /**
   * Checks that an adapter fits this model and keeps it ready for runs until {@link #release}. v0
   * needs no staging.
   *
   * @throws IllegalArgumentException that names the tensor whose name, shape or value does not fit
   */
  void stage(Policy policy);

  /** Frees a staged version; no sequence of it may be running. */
  void release(Policy policy);

  /**
   * Runs the model and writes the KV of the batch's tokens.
   *
   * @return logits {@code [rows, vocabulary]}: the {@code logitRows} of a prefill or all rows of a
   *     decode; valid until the next call
   */
  FloatBuffer run(Batch batch);

  /**
   * Copies the first {@code tokens} positions of one slot to another, to fork a prompt into
   * branches or to move a sequence into a hole.
   */
  void copySlot(int from, int to, int tokens);

  /** Discards the slot's content, so that its memory pages may be returned. */
  void clearSlot(int slot);

  /**
   * Copies positions {@code [start, end)} of a slot into {@code target}, {@code (end - start) *
   * kvBytesPerToken()} bytes.
   */
  void saveKv(int slot, int start, int end, ByteBuffer target);

  /** The reverse of {@link #saveKv}. */
  void restoreKv(int slot, int start, int end, ByteBuffer source);

  @Override
  void close();
}
