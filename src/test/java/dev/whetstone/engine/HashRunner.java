package dev.whetstone.engine;

import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.engine.sampling.SamplerState;
import dev.whetstone.policy.Policy;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A model runner that tests the scheduler: its KV is the tokens with the version that computed
 * them, and its logits are a hash of the whole slot. A token in a wrong slot, a stale one, or one
 * of another version changes all later logits.
 */
final class HashRunner implements ModelRunner {
  static final int VOCABULARY = 64;

  private final long[][] kv;
  private final boolean[] dirty;
  private final Set<String> staged = new HashSet<>();
  private volatile boolean closed;

  /** The number of next runs that throw. */
  final AtomicInteger failures = new AtomicInteger();

  /** Called before each run, on the engine thread. */
  volatile Runnable beforeRun = () -> {};

  /** Thrown by the next run, once; null for none. */
  volatile @Nullable Error error;

  /** The longest prefill run so far, in tokens. */
  volatile int longestPrefill;

  HashRunner(int slots, int slotLength) {
    kv = new long[slots][slotLength];
    dirty = new boolean[slots];
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY;
  }

  @Override
  public int slots() {
    return kv.length;
  }

  @Override
  public int slotLength() {
    return kv[0].length;
  }

  @Override
  public int kvBytesPerToken() {
    return Long.BYTES;
  }

  @Override
  public String baseHash() {
    return "hash";
  }

  @Override
  public void stage(Policy policy) {
    if (policy.version().equals("bad")) {
      throw new IllegalArgumentException("the model has no linear layer x");
    }
    staged.add(policy.hash());
  }

  @Override
  public void release(Policy policy) {
    if (!staged.remove(policy.hash())) {
      throw new IllegalStateException("never staged");
    }
  }

  @Override
  public FloatBuffer run(Batch batch) {
    beforeRun.run();
    Error next = error;
    if (next != null) {
      error = null;
      throw next;
    }
    if (failures.getAndUpdate(remaining -> Math.max(0, remaining - 1)) > 0) {
      throw new IllegalStateException("out of memory");
    }
    return switch (batch) {
      case Batch.Prefill prefill -> prefill(prefill);
      case Batch.Decode decode -> decode(decode);
    };
  }

  private FloatBuffer prefill(Batch.Prefill batch) {
    if (batch.tokens().length == 1 && batch.computedTokens() > 0) {
      throw new IllegalStateException("a single token behind others has other bits");
    }
    longestPrefill = Math.max(longestPrefill, batch.tokens().length);
    FloatBuffer logits = FloatBuffer.allocate(batch.logitRows().length * VOCABULARY);
    int row = 0;
    for (int i = 0; i < batch.tokens().length; i++) {
      write(batch.slot(), batch.computedTokens() + i, batch.tokens()[i], batch.policy());
      if (row < batch.logitRows().length && batch.logitRows()[row] == i) {
        logits(batch.slot(), batch.computedTokens() + i + 1, logits, row++);
      }
    }
    return logits;
  }

  private FloatBuffer decode(Batch.Decode batch) {
    FloatBuffer logits = FloatBuffer.allocate(batch.tokens().length * VOCABULARY);
    for (int slot = 0; slot < batch.tokens().length; slot++) {
      write(slot, batch.computedTokens()[slot], batch.tokens()[slot], batch.policies().get(slot));
      logits(slot, batch.computedTokens()[slot] + 1, logits, slot);
    }
    return logits;
  }

  private void write(int slot, int position, int token, Policy policy) {
    if (!policy.isBase() && !staged.contains(policy.hash())) {
      throw new IllegalStateException(policy.version() + " is not staged");
    }
    dirty[slot] = true;
    kv[slot][position] = 31L * policy.hash().hashCode() + token + 1;
  }

  private void logits(int slot, int length, FloatBuffer target, int row) {
    long hash = Arrays.hashCode(Arrays.copyOf(kv[slot], length));
    for (int id = 0; id < VOCABULARY; id++) {
      long mixed = SamplerState.resampleSeed(hash, id + 1);
      target.put(row * VOCABULARY + id, (mixed >>> 40) / (float) (1 << 22));
    }
  }

  @Override
  public void copySlot(int from, int to, int tokens) {
    System.arraycopy(kv[from], 0, kv[to], 0, tokens);
    dirty[to] = true;
  }

  @Override
  public void clearSlot(int slot) {
    Arrays.fill(kv[slot], -1);
    dirty[slot] = false;
  }

  @Override
  public void saveKv(int slot, int start, int end, ByteBuffer target) {
    target.asLongBuffer().put(kv[slot], start, end - start);
  }

  @Override
  public void restoreKv(int slot, int start, int end, ByteBuffer source) {
    source.asLongBuffer().get(kv[slot], start, end - start);
    dirty[slot] = true;
  }

  /** Slots with content that was never cleared. */
  int dirtySlots() {
    int count = 0;
    for (boolean slot : dirty) {
      count += slot ? 1 : 0;
    }
    return count;
  }

  Set<String> staged() {
    return Set.copyOf(staged);
  }

  boolean closed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
  }
}
