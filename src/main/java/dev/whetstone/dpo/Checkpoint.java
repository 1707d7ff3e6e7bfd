package dev.whetstone.dpo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.evaluation.Evaluation;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.Safetensors;
import dev.whetstone.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run stands, and its checkpoint: a safetensors file of values, moments and the best policy
 * so far, with the rest in its metadata. All else of a run follows from its settings and the step.
 */
final class Checkpoint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VALUE = "value.";
  private static final String MEAN = "mean.";
  private static final String SQUARE = "square.";
  private static final String BEST = "best.";

  private final List<Parameter> parameters;
  private final AdamW optimizer;
  private final List<float[]> best = new ArrayList<>();
  private final List<Evaluation> evaluations = new ArrayList<>();
  private int step;
  private int bestStep;
  private long tokens;

  Checkpoint(List<Parameter> parameters, AdamW optimizer) {
    this.parameters = parameters;
    this.optimizer = optimizer;
  }

  /** Updates made. */
  int step() {
    return step;
  }

  /** Tokens seen. */
  long tokens() {
    return tokens;
  }

  List<Evaluation> evaluations() {
    return evaluations;
  }

  void advance(long seen) {
    step++;
    tokens += seen;
  }

  /** Remembers the policy as it stands as the best so far. */
  void keepBest() {
    best.clear();
    parameters.forEach(parameter -> best.add(parameter.values().clone()));
    bestStep = step;
  }

  /**
   * Makes the best policy the one that stands, where one was kept.
   *
   * @return the updates it had
   */
  int restoreBest() {
    if (best.isEmpty()) {
      return step;
    }
    for (int i = 0; i < best.size(); i++) {
      System.arraycopy(best.get(i), 0, parameters.get(i).values(), 0, best.get(i).length);
    }
    return bestStep;
  }

  /** Writes a checkpoint, whole or not at all. */
  void save(Path file, String fingerprint, NetworkSettings.Arithmetic arithmetic)
      throws IOException {
    Map<String, MemoryTensors.Values> tensors = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      put(tensors, VALUE, parameter, parameter.values());
      put(tensors, MEAN, parameter, optimizer.means().get(i));
      put(tensors, SQUARE, parameter, optimizer.squares().get(i));
      if (!best.isEmpty()) {
        put(tensors, BEST, parameter, best.get(i));
      }
    }
    SafetensorsWriter.write(
        file,
        new MemoryTensors(tensors),
        Map.of(
            "run", fingerprint,
            "arithmetic", arithmetic.name(),
            "step", Integer.toString(step),
            "best_step", Integer.toString(bestStep),
            "tokens", Long.toString(tokens),
            "evaluations", JSON.writeValueAsString(evaluations)));
  }

  private static void put(
      Map<String, MemoryTensors.Values> tensors, String kind, Parameter parameter, float[] values) {
    tensors.put(kind + parameter.name(), new MemoryTensors.Values(values, parameter.shape()));
  }

  /** In what arithmetic the run of a checkpoint trains. */
  static NetworkSettings.Arithmetic arithmetic(Path file) throws IOException {
    try (Safetensors saved = Safetensors.open(file)) {
      return NetworkSettings.Arithmetic.valueOf(saved.metadata().getOrDefault("arithmetic", ""));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file + " is no checkpoint", e);
    }
  }

  /**
   * Goes back to a checkpoint.
   *
   * @throws IllegalArgumentException when it is another run's
   */
  void load(Path file, String fingerprint) throws IOException {
    try (Safetensors saved = Safetensors.open(file)) {
      Map<String, String> metadata = saved.metadata();
      if (!fingerprint.equals(metadata.get("run"))) {
        throw new IllegalArgumentException(
            file + " belongs to a run with another base, other pairs or other settings");
      }
      step = Integer.parseInt(metadata.getOrDefault("step", ""));
      bestStep = Integer.parseInt(metadata.getOrDefault("best_step", ""));
      tokens = Long.parseLong(metadata.getOrDefault("tokens", ""));
      evaluations.clear();
      evaluations.addAll(evaluations(metadata.getOrDefault("evaluations", "[]")));
      best.clear();
      for (int i = 0; i < parameters.size(); i++) {
        restore(saved, i);
      }
    } catch (NumberFormatException e) {
      throw new ModelFormatException(file + " is no checkpoint", e);
    }
  }

  private static List<Evaluation> evaluations(String json) throws JsonProcessingException {
    return JSON.readValue(json, new TypeReference<List<Evaluation>>() {});
  }

  private void restore(Safetensors saved, int i) {
    Parameter parameter = parameters.get(i);
    copy(saved, VALUE, parameter, parameter.values());
    copy(saved, MEAN, parameter, optimizer.means().get(i));
    copy(saved, SQUARE, parameter, optimizer.squares().get(i));
    if (saved.names().contains(BEST + parameter.name())) {
      best.add(saved.read(BEST + parameter.name()));
    }
  }

  private static void copy(Safetensors saved, String kind, Parameter parameter, float[] into) {
    float[] values = saved.read(kind + parameter.name());
    System.arraycopy(values, 0, into, 0, into.length);
  }
}
