package dev.whetstone.engine.runner;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.whetstone.policy.Policy;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * KV blocks of prompts read before, in native memory, weighed in bytes. A block is one prefill
 * chunk, so that a hit leaves the sequence where computing would have left it, bit for bit. Used by
 * the engine thread alone: evicting a block frees its memory on the spot.
 */
public final class PrefixCache implements AutoCloseable {
  private record Block(Arena arena, ByteBuffer kv) {}

  private final ModelRunner runner;
  private final int chunk;
  private final boolean enabled;
  private final Cache<PrefixKey, Block> blocks;
  private long bytes;

  /** At most {@code maxBytes}; 0 keeps nothing. */
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
   * Fills a slot with the longest known beginning of a prompt.
   *
   * @param limit most tokens to take
   * @return tokens the slot holds now, a multiple of the chunk
   */
  public int restore(int slot, Policy policy, int[] tokens, int limit) {
    PrefixKey key = PrefixKey.root(runner.baseHash(), policy.hash());
    int past = 0;
    while (enabled && past + chunk <= limit) {
      key = key.child(tokens, past, past + chunk);
      Block block = blocks.getIfPresent(key);
      if (block == null) {
        break;
      }
      runner.restoreKv(slot, past, past + chunk, block.kv().duplicate());
      past += chunk;
    }
    return past;
  }

  /** Keeps the block that starts at {@code start} and has just been computed in {@code slot}. */
  public void store(int slot, Policy policy, int[] tokens, int start) {
    if (!enabled) {
      return;
    }
    PrefixKey key = PrefixKey.root(runner.baseHash(), policy.hash());
    for (int past = 0; past <= start; past += chunk) {
      key = key.child(tokens, past, past + chunk);
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
    // Values are strong references: only the interface allows for null.
    Objects.requireNonNull(block);
    bytes -= block.kv().capacity();
    block.arena().close();
  }

  /** Native memory held now. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    blocks.invalidateAll();
    blocks.cleanUp();
  }
}
