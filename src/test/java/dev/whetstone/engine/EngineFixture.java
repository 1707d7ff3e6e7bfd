package dev.whetstone.engine;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** An engine on the {@link HashRunner}, small enough that tests reach its limits. */
final class EngineFixture implements AutoCloseable {
  static final int EOS = 0;
  static final int PROMPTS = 2;

  record Settings(
      int slots,
      OptionalInt slotLength,
      int prefillChunk,
      int scoreRows,
      int queuedRequests,
      int queuedTokens,
      long prefixCacheBytes,
      int resamples,
      Duration timeout)
      implements EngineConfig {
    @Override
    public String device() {
      return "cpu";
    }

    @Override
    public Duration stallLimit() {
      return Duration.ofMinutes(2);
    }

    static Settings small() {
      return new Settings(
          4, OptionalInt.of(96), 8, 4, 10_000, 1_000_000, 1 << 14, 4, Duration.ofMinutes(1));
    }

    Settings prefixCache(long bytes) {
      return new Settings(
          slots,
          slotLength,
          prefillChunk,
          scoreRows,
          queuedRequests,
          queuedTokens,
          bytes,
          resamples,
          timeout);
    }

    Settings queue(int requests, int tokens) {
      return new Settings(
          slots,
          slotLength,
          prefillChunk,
          scoreRows,
          requests,
          tokens,
          prefixCacheBytes,
          resamples,
          timeout);
    }
  }

  /** Decodes every token to one character, and the end token to nothing. */
  static final class Letters implements Detokenizer {
    @Override
    public String push(int id) {
      return id == EOS ? "" : String.valueOf((char) ('A' + id));
    }

    @Override
    public String finish() {
      return "";
    }
  }

  final HashRunner runner;
  final Engine engine;

  EngineFixture() {
    this(Settings.small(), InstantSource.system());
  }

  EngineFixture(Settings settings) {
    this(settings, InstantSource.system());
  }

  EngineFixture(Settings settings, InstantSource clock, int... templateStart) {
    int slots = settings.slots() + PROMPTS;
    runner = new HashRunner(slots, settings.slotLength().orElseThrow());
    engine = new Engine(runner, Letters::new, Set.of(EOS), templateStart, settings, clock);
  }

  List<Completion> generate(Requests requests) throws Exception {
    return generate(requests, new Requests.Recorder(requests.branches().size()));
  }

  List<Completion> generate(Requests requests, GenerationListener listener) throws Exception {
    return engine.submit(requests.build(), listener).result().get(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    engine.close();
  }
}
