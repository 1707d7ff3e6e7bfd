package dev.whetstone.testing;

import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.RopeScaling;
import dev.whetstone.weights.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Llama family's forward pass as written in the papers, one token at a time in double
 * precision: slow, and independent of the exported graph.
 */
public final class LlamaOracle {
  private final ModelConfig config;
  private final Tensors tensors;
  private final Map<String, float[]> read = new HashMap<>();

  public LlamaOracle(ModelConfig config, Tensors tensors) {
    this.config = config;
    this.tensors = tensors;
  }

  /**
   * Logits after every token, {@code [ids, vocabulary]}.
   *
   * @param adapter null computes the base
   */
  public double[][] logits(int[] ids, @Nullable LoraAdapter adapter) {
    List<List<double[]>> keys = new ArrayList<>();
    List<List<double[]>> values = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      keys.add(new ArrayList<>());
      values.add(new ArrayList<>());
    }
    double[][] logits = new double[ids.length][];
    for (int position = 0; position < ids.length; position++) {
      double[] x = row(weight("model.embed_tokens.weight"), ids[position]);
      for (int layer = 0; layer < config.layers(); layer++) {
        String block = "model.layers." + layer + ".";
        double[] normed = norm(x, weight(block + "input_layernorm.weight"));
        double[] q = linear(block + "self_attn.q_proj", normed, adapter);
        double[] k = linear(block + "self_attn.k_proj", normed, adapter);
        rotate(q, position);
        rotate(k, position);
        keys.get(layer).add(k);
        values.get(layer).add(linear(block + "self_attn.v_proj", normed, adapter));
        double[] attended = attend(q, keys.get(layer), values.get(layer));
        x = sum(x, linear(block + "self_attn.o_proj", attended, adapter));
        double[] postNormed = norm(x, weight(block + "post_attention_layernorm.weight"));
        double[] gate = linear(block + "mlp.gate_proj", postNormed, adapter);
        double[] up = linear(block + "mlp.up_proj", postNormed, adapter);
        for (int i = 0; i < gate.length; i++) {
          gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
        }
        x = sum(x, linear(block + "mlp.down_proj", gate, adapter));
      }
      String head = config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
      logits[position] = multiply(weight(head), norm(x, weight("model.norm.weight")));
    }
    return logits;
  }

  /** Log-prob of every completion token after the prompt. */
  public double[] logps(int[] prompt, int[] completion, @Nullable LoraAdapter adapter) {
    int[] all = new int[prompt.length + completion.length];
    System.arraycopy(prompt, 0, all, 0, prompt.length);
    System.arraycopy(completion, 0, all, prompt.length, completion.length);
    double[][] logits = logits(all, adapter);
    double[] logps = new double[completion.length];
    for (int i = 0; i < logps.length; i++) {
      logps[i] = logp(logits[prompt.length + i - 1], completion[i]);
    }
    return logps;
  }

  /** Log-softmax at one id. */
  public static double logp(double[] logits, int id) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return logits[id] - largest - Math.log(sum);
  }

  private float[] weight(String name) {
    return read.computeIfAbsent(name, tensors::read);
  }

  private double[] linear(String module, double[] x, @Nullable LoraAdapter adapter) {
    double[] y = multiply(weight(module + ".weight"), x);
    if (tensors.names().contains(module + ".bias")) {
      float[] bias = weight(module + ".bias");
      for (int i = 0; i < y.length; i++) {
        y[i] += bias[i];
      }
    }
    LoraAdapter.Module lora = adapter == null ? null : adapter.modules().get(module);
    if (adapter != null && lora != null) {
      // Hu et al. 2021, equation 3
      double[] product = multiply(lora.b(), multiply(lora.a(), x));
      for (int i = 0; i < y.length; i++) {
        y[i] += adapter.alpha() / adapter.rank() * product[i];
      }
    }
    return y;
  }

  private static double[] multiply(float[] matrix, double[] x) {
    double[] y = new double[matrix.length / x.length];
    for (int i = 0; i < y.length; i++) {
      double sum = 0;
      for (int j = 0; j < x.length; j++) {
        sum += matrix[i * x.length + j] * x[j];
      }
      y[i] = sum;
    }
    return y;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = a.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  private double[] row(float[] matrix, int index) {
    double[] row = new double[config.hiddenSize()];
    for (int i = 0; i < row.length; i++) {
      row[i] = matrix[index * row.length + i];
    }
    return row;
  }

  private double[] norm(double[] x, float[] scale) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double factor = 1 / Math.sqrt(squares / x.length + config.rmsNormEpsilon());
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] * factor * scale[i];
    }
    return y;
  }

  /** Rotates the pairs (i, i + headDim / 2) of every head (Su et al. 2021, equation 34). */
  private void rotate(double[] heads, int position) {
    int dim = config.headDim();
    for (int start = 0; start < heads.length; start += dim) {
      for (int i = 0; i < dim / 2; i++) {
        double angle = position * frequency(1 / Math.pow(config.ropeTheta(), 2.0 * i / dim));
        double a = heads[start + i];
        double b = heads[start + i + dim / 2];
        heads[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
        heads[start + i + dim / 2] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
  }

  /** Llama 3.1's smoothing, by the number of rotations within the original context. */
  private double frequency(double plain) {
    if (!(config.ropeScaling() instanceof RopeScaling.Llama3 scaling)) {
      return plain;
    }
    double rotations = scaling.originalContext() * plain / (2 * Math.PI);
    double smooth =
        (rotations - scaling.lowFrequencyFactor())
            / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
    double blend = Math.clamp(smooth, 0.0, 1.0);
    return blend * plain + (1 - blend) * plain / scaling.factor();
  }

  private double[] attend(double[] q, List<double[]> keys, List<double[]> values) {
    int dim = config.headDim();
    int groupSize = config.heads() / config.kvHeads();
    double[] out = new double[config.heads() * dim];
    for (int head = 0; head < config.heads(); head++) {
      int kv = head / groupSize * dim;
      double[] scores = new double[keys.size()];
      double total = 0;
      for (int t = 0; t < scores.length; t++) {
        double dot = 0;
        for (int i = 0; i < dim; i++) {
          dot += q[head * dim + i] * keys.get(t)[kv + i];
        }
        scores[t] = dot / Math.sqrt(dim);
      }
      double largest = Arrays.stream(scores).max().orElseThrow();
      for (int t = 0; t < scores.length; t++) {
        scores[t] = Math.exp(scores[t] - largest);
        total += scores[t];
      }
      for (int t = 0; t < scores.length; t++) {
        for (int i = 0; i < dim; i++) {
          out[head * dim + i] += scores[t] / total * values.get(t)[kv + i];
        }
      }
    }
    return out;
  }
}
