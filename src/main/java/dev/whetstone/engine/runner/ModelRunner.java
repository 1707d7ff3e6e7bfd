package dev.whetstone.engine.runner;

import dev.whetstone.policy.Policy;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/**
 * A model with a KV cache of fixed slots. Not thread-safe: the engine thread owns it. Live decoding
 * sequences occupy the first slots; further slots may be filling.
 */
public interface ModelRunner extends AutoCloseable {
  /** Size of the vocabulary: the length of one row of logits. */
  int vocabularySize();

  /** Number of KV slots. */
  int slots();

  /** Most tokens a slot holds. */
  int slotLength();

  /** Bytes of KV cache one token takes, keys and values of all layers. */
  int kvBytesPerToken();

  /** Hash of the base model: part of every prefix-cache key. */
  String baseHash();

  /**
   * Does beforehand the longer part of {@link #stage}, so that running sequences do not wait for
   * it; any thread, and no duty.
   *
   * @throws IllegalArgumentException as {@link #stage}
   */
  default void prepare(Policy policy) {}

  /**
   * Checks that an adapter fits this model and keeps what runs need of it until {@link #release}.
   * v0 needs no staging.
   *
   * @throws IllegalArgumentException naming the tensor when a name, shape or value does not fit
   */
  void stage(Policy policy);

  /** Frees what {@link #stage} kept; no sequence of the policy may be live. */
  void release(Policy policy);

  /**
   * Runs the model and writes the KV of the batch's tokens.
   *
   * @return logits {@code [rows, vocabulary]}: rows are {@code logitRows} of a prefill or all rows
   *     of a decode; valid until the next call
   */
  FloatBuffer run(Batch batch);

  /**
   * Copies the first {@code tokens} positions of one slot to another: forks a pair, closes a hole.
   */
  void copySlot(int from, int to, int tokens);

  /** Tells that the slot's content is no longer needed, so that its pages may be returned. */
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
