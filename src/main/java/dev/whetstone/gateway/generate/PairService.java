package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Generation;
import dev.whetstone.gateway.http.FreeSpace;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.KeyQuota;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.http.Problems;
import dev.whetstone.preference.Pair;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.Side;
import dev.whetstone.security.RandomIds;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Generates pairs. A pair is stored in the preference log before it is shown. */
@Singleton
public final class PairService {
  private static final Logger LOG = Logger.getLogger(PairService.class);

  private final Database database;
  private final FreeSpace space;
  private final KeyQuota quota;
  private final PreferenceLog log;
  private final GatewayConfig config;
  private final InstantSource clock;
  private final ObjectMapper mapper;

  @Inject
  PairService(
      Database database,
      FreeSpace space,
      KeyQuota quota,
      PreferenceLog log,
      GatewayConfig config,
      InstantSource clock,
      ObjectMapper mapper) {
    this.database = database;
    this.space = space;
    this.quota = quota;
    this.log = log;
    this.config = config;
    this.clock = clock;
    this.mapper = mapper;
  }

  /**
   * A pair that is being generated; the first branch is side a.
   *
   * @param pairId of the pair to come
   * @param keyId id of the API key of the request
   */
  public record Draft(String pairId, String keyId, GenerateRequest asked, GenerationPlan plan) {
    /** The side, a or b, on which a branch is shown. */
    static String side(int branch) {
      return branch == 0 ? "a" : "b";
    }
  }

  /**
   * Begins a pair. Fails before anything is generated if the pair could not be stored.
   *
   * @throws DatabaseUnavailableException when the log cannot be reached
   */
  public Draft begin(String keyId, GenerateRequest asked, GenerationPlan plan) {
    space.require();
    quota.requireStorage(keyId);
    database.requireAvailable();
    return new Draft(RandomIds.generate("pair"), keyId, asked, plan);
  }

  /**
   * Waits for both sides and stores them.
   *
   * @throws DatabaseUnavailableException when the log cannot be reached
   */
  public GenerateResponse.Pair awaitAndStore(Draft draft, Generation generation, String baseHash) {
    List<Completion> done = generation.result().join();
    Completion a = done.get(0);
    Completion b = done.get(1);
    Instant now = clock.instant();
    Pair pair =
        new Pair(
            draft.pairId,
            draft.keyId,
            draft.asked.user() == null ? draft.keyId : draft.asked.user(),
            prompt(draft),
            side(draft, 0, a),
            side(draft, 1, b),
            baseHash,
            sampling(draft),
            draft.asked.metadata() == null ? null : json(draft.asked.metadata()),
            now,
            now.plus(config.pairExpiry()),
            !Boolean.FALSE.equals(draft.asked.learn()));
    boolean learn = log.storePair(pair);
    quota.stored(draft.keyId, bytes(pair));
    return new GenerateResponse.Pair(
        pair.pairId(),
        pair.expiresAt(),
        GenerateResponse.Text.of(a),
        GenerateResponse.Text.of(b),
        a.identical() || b.identical() || a.text().equals(b.text()),
        GenerateResponse.Usage.ofBlind(pair.prompt().ids().length, done),
        learn ? null : Boolean.FALSE);
  }

  /**
   * The problem of a pair that could not be stored.
   *
   * @param unkept a {@link DatabaseUnavailableException} or a {@link DatabaseException}, which is
   *     logged
   */
  public static Problem problem(RuntimeException unkept) {
    if (unkept instanceof DatabaseUnavailableException) {
      return Problems.databaseUnavailable();
    }
    LOG.error("a streamed pair could not be kept", unkept);
    return Problems.of(503, "database_slow", "the pair could not be kept; try again", null);
  }

  /** About what a pair takes in the log. */
  private static long bytes(Pair pair) {
    String messages = pair.prompt().messages();
    String metadata = pair.metadata();
    return pair.prompt().text().length()
        + Integer.BYTES * (long) pair.prompt().ids().length
        + (messages == null ? 0 : messages.length())
        + (metadata == null ? 0 : metadata.length())
        + pair.sampling().length()
        + bytes(pair.a())
        + bytes(pair.b());
  }

  private static long bytes(Side side) {
    return side.text().length() + (Integer.BYTES + Float.BYTES) * (long) side.ids().length;
  }

  private Pair.Prompt prompt(Draft draft) {
    Prompt prompt = draft.plan.prompt();
    @Nullable Object messages = draft.asked.messages();
    return new Pair.Prompt(prompt.text(), prompt.ids(), messages == null ? null : json(messages));
  }

  private static Side side(Draft draft, int number, Completion written) {
    CompletionSpec branch = draft.plan.request().branches().get(number);
    return new Side(
        written.text(),
        written.tokens(),
        written.logps(),
        GenerateResponse.Text.of(written).finishReason(),
        branch.policy().version(),
        branch.policy().hash());
  }

  /** Sampling parameters of both sides as JSON; only their seeds differ. */
  private String sampling(Draft draft) {
    var request = draft.plan.request();
    ObjectNode settings = AnswerSettings.of(mapper, draft.asked, request);
    settings.remove("seed");
    settings.put("seed_a", request.branches().get(0).sampling().seed());
    settings.put("seed_b", request.branches().get(1).sampling().seed());
    return json(settings);
  }

  private String json(Object value) {
    return AnswerSettings.json(mapper, value);
  }
}
