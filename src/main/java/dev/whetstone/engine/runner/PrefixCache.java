package dev.whetstone.engine.runner;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.whetstone.policy.Policy;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * KV blocks of earlier prompts in native memory, bounded in bytes and evicted by Caffeine's policy.
 * A block is one prefill chunk, so that a hit leaves the slot exactly as computing would, bit for
 * bit. Confined to the engine thread: an evicted block is freed at once, on the calling thread.
 */
public final class PrefixCache implements AutoCloseable {
  private record Block(Arena arena, ByteBuffer kv) {}

  private final ModelRunner runner;
  private final int chunk;
  private final boolean enabled;
  private final Cache<PrefixKey, Block> blocks;
  private long bytes;

  /** Creates a cache of at most {@code maxBytes} of keys and KV; 0 turns it off. */
  public PrefixCache(ModelRunner runner, int chunk, long maxBytes) {
    this.runner = runner;
    this.chunk = chunk;
    this.enabled = maxBytes > 0;
    this.blocks =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((PrefixKey key, Block block) -> key.weight() + block.kv().capacity())
            .executor(Runnable::run)
            .removalListener((key, block, cause) -> free(block))
            .build();
  }

  /**
   * Restores the longest cached prefix of a prompt into an empty slot.
   *
   * @param limit maximum tokens to restore
   * @return tokens restored, a multiple of the chunk
   */
  public int restore(int slot, Policy policy, int[] tokens, int limit) {
    PrefixKey key = PrefixKey.root(runner.baseHash(), policy.hash());
    int position = 0;
    while (enabled && position + chunk <= limit) {
      key = key.child(tokens, position, position + chunk);
      Block block = blocks.getIfPresent(key);
      if (block == null) {
        break;
      }
      runner.restoreKv(slot, position, position + chunk, block.kv().duplicate());
      position += chunk;
    }
    return position;
  }

  /** Stores the block at {@code start}, which has just been computed in {@code slot}. */
  public void store(int slot, Policy policy, int[] tokens, int start) {
    if (!enabled) {
      return;
    }
    PrefixKey key = PrefixKey.root(runner.baseHash(), policy.hash());
    for (int position = 0; position <= start; position += chunk) {
      key = key.child(tokens, position, position + chunk);
    }
    if (blocks.getIfPresent(key) == null) {
      blocks.put(key, save(slot, start));
      blocks.cleanUp();
    }
  }

  private Block save(int slot, int start) {
    Arena arena = Arena.ofConfined();
    try {
      ByteBuffer kv = arena.allocate((long) chunk * runner.kvBytesPerToken()).asByteBuffer();
      runner.saveKv(slot, start, start + chunk, kv.duplicate());
      bytes += kv.capacity();
      return new Block(arena, kv);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private void free(@Nullable Block block) {
    // Null only for weak or soft values, and these are strong.
    Objects.requireNonNull(block);
    bytes -= block.kv().capacity();
    block.arena().close();
  }

  /** Bytes of native memory in use. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    blocks.invalidateAll();
    blocks.cleanUp();
  }
}
