package dev.whetstone.engine.runner;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * KV blocks of earlier prompts in native memory, bounded in bytes and evicted by Caffeine's policy.
 * A prompt's KV has the same bits however it is cut into runs of several rows, so a hit leaves the
 * slot exactly as computing would. Prompts of one key find each other's blocks, and those of the
 * chat template's own text, which is no secret; so nobody learns from a hit what another key asked.
 * Confined to the engine thread: an evicted block is freed at once, on the calling thread.
 */
public final class PrefixCache implements AutoCloseable {
  /** Tokens of a block. */
  public static final int BLOCK = 16;

  private record Block(PrefixKey key, Arena arena, ByteBuffer kv) {}

  /**
   * What a slot got from the cache.
   *
   * @param tokens restored, a multiple of {@link #BLOCK}
   * @param own those of them that are not the chat template's own text
   */
  public record Restored(int tokens, int own) {}

  private final ModelRunner runner;
  private final boolean enabled;
  private final Cache<PrefixKey, Block> blocks;
  private long bytes;

  /** Creates a cache of at most {@code maxBytes} of keys and KV; 0 turns it off. */
  public PrefixCache(ModelRunner runner, long maxBytes) {
    this.runner = runner;
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
   */
  public Restored restore(int slot, CacheablePrompt prompt, int limit) {
    PrefixKey key = root(prompt);
    int position = 0;
    int own = 0;
    while (enabled && position + BLOCK <= limit) {
      Block block = blocks.getIfPresent(child(key, prompt, position));
      if (block == null) {
        break;
      }
      // The stored key, so that its children's parents are the same object and quickly compared.
      key = block.key();
      runner.restoreKv(slot, position, position + BLOCK, block.kv().duplicate());
      own += isCommon(prompt, position) ? 0 : BLOCK;
      position += BLOCK;
    }
    return new Restored(position, own);
  }

  /**
   * Stores the blocks that a run has completed in {@code slot}.
   *
   * @param before tokens that the slot held before the run
   * @param now tokens that it holds
   */
  public void store(int slot, CacheablePrompt prompt, int before, int now) {
    PrefixKey key = root(prompt);
    for (int start = 0; enabled && start + BLOCK <= now; start += BLOCK) {
      key = child(key, prompt, start);
      if (start + BLOCK > before && blocks.getIfPresent(key) == null) {
        blocks.put(key, save(key, slot, start));
        blocks.cleanUp();
      }
    }
  }

  private PrefixKey root(CacheablePrompt prompt) {
    return PrefixKey.root(runner.baseHash(), prompt.policy().hash());
  }

  private static PrefixKey child(PrefixKey parent, CacheablePrompt prompt, int start) {
    @Nullable String owner = isCommon(prompt, start) ? null : prompt.owner();
    return parent.child(prompt.tokens(), start, start + BLOCK, owner);
  }

  private static boolean isCommon(CacheablePrompt prompt, int start) {
    return start + BLOCK <= prompt.commonTokens();
  }

  private Block save(PrefixKey key, int slot, int start) {
    Arena arena = Arena.ofConfined();
    try {
      ByteBuffer kv = arena.allocate((long) BLOCK * runner.kvBytesPerToken()).asByteBuffer();
      runner.saveKv(slot, start, start + BLOCK, kv.duplicate());
      bytes += kv.capacity();
      return new Block(key, arena, kv);
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
