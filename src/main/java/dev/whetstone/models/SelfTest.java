package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.QueueFullException;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.io.Sha256;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.Policy;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;

/**
 * Compares what a model computes at a start with what it computed at its first one: the log-probs
 * of a short text, which the manifest keeps ({@code self_test}) with a hash of the graphs. Sound
 * files that a processor, a memory module or a library computes with wrongly are found so.
 */
public final class SelfTest {
  private static final Logger LOG = Logger.getLogger(SelfTest.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_TOKENS = 32;
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  /** The mean difference, in nats a token, beyond which a model is refused. */
  static final double REFUSED = 1;

  private final ModelStore store;

  public SelfTest(ModelStore store) {
    this.store = store;
  }

  /**
   * The mean difference, in nats a token, that is worth a line in the log.
   *
   * <p>FIGURES
   */
  static double tolerance(Precision precision) {
    return switch (precision) {
      case INT8 -> 0.2;
      case FP32 -> 0.02;
    };
  }

  /**
   * Scores the text. Where the manifest knows no log-probs of these graphs they are noted, if it
   * can be written.
   *
   * @return why the model must not be served, as a sentence; empty when it may be
   */
  public Optional<String> run(
      ModelDirectory model, Precision precision, Engine engine, Tokenizer tokenizer, Policy base)
      throws IOException {
    int[] all = tokenizer.encode(QuantizationKl.TEXT, false);
    int[] ids = Arrays.copyOf(all, Math.min(all.length, Math.min(MAX_TOKENS, engine.slotLength())));
    if (ids.length < 2) {
      return Optional.empty();
    }
    try {
      return judge(model, precision, ids, score(engine, base, ids));
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof TimeoutException) {
        LOG.warnf("a stored text was not scored within %s: the model is not tested", TIMEOUT);
        return Optional.empty();
      }
      throw failed;
    }
  }

  private static float[] score(Engine engine, Policy base, int[] ids) {
    int[] prompt = {ids[0]};
    int[] completion = Arrays.copyOfRange(ids, 1, ids.length);
    try {
      return engine.score(new ScoreRequest(prompt, completion, base, TIMEOUT)).join().logps();
    } catch (QueueFullException impossible) {
      throw new IllegalStateException("nothing is served yet", impossible);
    }
  }

  private Optional<String> judge(
      ModelDirectory model, Precision precision, int[] ids, float[] logps) throws IOException {
    JsonNode manifest = JSON.readTree(model.path().resolve(ModelDirectory.MANIFEST).toFile());
    String graphs = graphs(manifest, precision);
    JsonNode known = manifest.path("self_test").path(name(precision));
    if (known.path("graphs").asText().equals(graphs)
        && known.path("ids").equals(JSON.valueToTree(ids))
        && areNumbers(known.path("logps"), logps.length)) {
      return compare(
          model, precision, JSON.convertValue(known.path("logps"), float[].class), logps);
    }
    if (difference(logps, logps) == 0) {
      note(model, precision, graphs, ids, logps);
    } else {
      LOG.warnf("%s computes log-probs that are no numbers", model.path().getFileName());
    }
    return Optional.empty();
  }

  private static String graphs(JsonNode manifest, Precision precision) {
    return Sha256.of(
        OnnxExport.files(precision).stream()
            .map(file -> manifest.path("files").path(file).asText())
            .collect(Collectors.joining("\n")));
  }

  private static boolean areNumbers(JsonNode values, int count) {
    return values.size() == count
        && StreamSupport.stream(values.spliterator(), false).allMatch(JsonNode::isNumber);
  }

  private static Optional<String> compare(
      ModelDirectory model, Precision precision, float[] first, float[] now) {
    double off = difference(first, now);
    LOG.debugf("the log-probs of a stored text are off by %.2g nats a token", off);
    // negated, so that NaN is off, too
    if (!(off <= REFUSED)) {
      return Optional.of(
          ("the model %s computes something else than at its first start: the log-probs of a stored"
                  + " text are off by %.2f nats a token. Its graphs are as they were exported, so"
                  + " this machine's memory, processor or ONNX Runtime is at fault; if the first"
                  + " start was, remove self_test from %s and start again")
              .formatted(
                  model.path().getFileName(), off, model.path().resolve(ModelDirectory.MANIFEST)));
    }
    if (off > tolerance(precision)) {
      LOG.warnf(
          "%s does not compute quite what it did at its first start: the log-probs of a stored text"
              + " are off by %.2f nats a token; another processor explains %.2f",
          model.path().getFileName(), off, tolerance(precision));
    }
    return Optional.empty();
  }

  /** The mean difference of log-probs, in nats a token; NaN where one is no number. */
  static double difference(float[] first, float[] now) {
    double sum = 0;
    for (int i = 0; i < now.length; i++) {
      sum += Math.abs(now[i] - first[i]);
    }
    return sum / now.length;
  }

  private void note(
      ModelDirectory model, Precision precision, String graphs, int[] ids, float[] logps) {
    ObjectNode entry = JSON.createObjectNode().put("graphs", graphs);
    ArrayNode tokens = entry.putArray("ids");
    Arrays.stream(ids).forEach(tokens::add);
    ArrayNode values = entry.putArray("logps");
    for (float logp : logps) {
      values.add(logp);
    }
    try {
      store.note(model, manifest -> manifest.withObject("/self_test").set(name(precision), entry));
    } catch (IOException unwritable) {
      LOG.debugf("the log-probs of the stored text are not kept: %s", unwritable.getMessage());
    }
  }

  private static String name(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
