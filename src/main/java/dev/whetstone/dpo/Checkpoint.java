package dev.whetstone.dpo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.evaluation.Evaluation;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.dpo.torch.Arithmetic;
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
 * The state of a run, and its checkpoint file: safetensors with parameters, moments and the best
 * policy so far, and everything else in its metadata. The batches and learning rates of a run
 * follow from its settings and the step, so nothing more is saved. Confined to the training thread.
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

  /** Updates made so far. */
  int step() {
    return step;
  }

  /** Real tokens trained on so far, each prompt counted twice. */
  long tokens() {
    return tokens;
  }

  /** The live list of evaluations, in their order. */
  List<Evaluation> evaluations() {
    return evaluations;
  }

  /** Counts an update and its tokens. */
  void advance(long seen) {
    step++;
    tokens += seen;
  }

  /** Copies the current policy as the best so far. */
  void keepBest() {
    best.clear();
    parameters.forEach(parameter -> best.add(parameter.values().clone()));
    bestStep = step;
  }

  /**
   * Makes the best policy the current one, if one was kept.
   *
   * @return the number of updates that the current policy then has
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

  /**
   * Multiplies the adapter's change of the base by a factor, which brings it nearer to the base.
   */
  void scaleAdapter(double factor) {
    for (Parameter parameter : parameters) {
      if (parameter.name().contains(".lora_B.")) {
        float[] values = parameter.values();
        for (int i = 0; i < values.length; i++) {
          values[i] *= (float) factor;
        }
      }
    }
  }

  /** Writes a checkpoint file that appears whole or not at all. */
  void save(Path file, String fingerprint, Arithmetic arithmetic) throws IOException {
    Map<String, MemoryTensors.Values> tensors = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      put(tensors, VALUE, parameter, parameter.values());
      put(tensors, MEAN, parameter, optimizer.firstMoments().get(i));
      put(tensors, SQUARE, parameter, optimizer.secondMoments().get(i));
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

  /** The arithmetic that the run of a checkpoint file trains in. */
  static Arithmetic arithmetic(Path file) throws IOException {
    try (Safetensors saved = Safetensors.open(file)) {
      return Arithmetic.valueOf(saved.metadata().getOrDefault("arithmetic", ""));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file + " is not a checkpoint of a training run", e);
    }
  }

  /**
   * Restores the state that a checkpoint file holds.
   *
   * @throws IllegalArgumentException when the file belongs to another run
   * @throws ModelFormatException when it is not a checkpoint
   */
  void load(Path file, String fingerprint) throws IOException {
    try (Safetensors saved = Safetensors.open(file)) {
      Map<String, String> metadata = saved.metadata();
      if (!fingerprint.equals(metadata.get("run"))) {
        throw new IllegalArgumentException(
            file
                + " belongs to a run with another base model, other pairs or other settings: choose"
                + " another directory");
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
      throw new ModelFormatException(file + " is not a checkpoint of a training run", e);
    }
  }

  private static List<Evaluation> evaluations(String json) throws JsonProcessingException {
    return JSON.readValue(json, new TypeReference<List<Evaluation>>() {});
  }

  private void restore(Safetensors saved, int i) {
    Parameter parameter = parameters.get(i);
    copy(saved, VALUE, parameter, parameter.values());
    copy(saved, MEAN, parameter, optimizer.firstMoments().get(i));
    copy(saved, SQUARE, parameter, optimizer.secondMoments().get(i));
    if (saved.names().contains(BEST + parameter.name())) {
      best.add(saved.read(BEST + parameter.name()));
    }
  }

  private static void copy(Safetensors saved, String kind, Parameter parameter, float[] into) {
    float[] values = saved.read(kind + parameter.name());
    System.arraycopy(values, 0, into, 0, into.length);
  }
}
