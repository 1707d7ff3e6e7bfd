package dev.whetstone.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.Safetensors;
import dev.whetstone.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** PEFT's adapter files: {@code adapter_model.safetensors} and {@code adapter_config.json}. */
public final class AdapterFile {
  private static final String PREFIX = "base_model.model.";
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";
  private static final ObjectMapper JSON = new ObjectMapper();

  private AdapterFile() {}

  /**
   * Reads an adapter.
   *
   * @param tensors safetensors with {@code base_model.model.MODULE.lora_A.weight [rank, in]} and
   *     {@code lora_B.weight [out, rank]}
   * @param config adapter_config.json
   * @throws IllegalArgumentException naming the tensor or setting that is wrong
   */
  public static Adapter read(byte[] tensors, String config) {
    JsonNode settings = settings(config);
    return read(tensors, settings.path("r").asInt(0), settings.path("lora_alpha").asDouble(0));
  }

  /** Reads an adapter whose rank and alpha are known. */
  public static Adapter read(byte[] tensors, int rank, double alpha) {
    try (Safetensors file = Safetensors.of(tensors)) {
      Map<String, Adapter.Module> modules = new TreeMap<>();
      for (String name : file.names()) {
        if (!name.startsWith(PREFIX) || !(name.endsWith(A) || name.endsWith(B))) {
          throw new IllegalArgumentException("tensor " + name + " is no LoRA factor");
        }
        if (name.endsWith(A)) {
          String module = name.substring(PREFIX.length(), name.length() - A.length());
          modules.put(module, module(file, module, rank));
        } else if (!file.names().contains(name.replace(B, A))) {
          throw new IllegalArgumentException("tensor " + name + " has no lora_A beside it");
        }
      }
      if (modules.isEmpty()) {
        throw new IllegalArgumentException("the adapter has no LoRA factors");
      }
      return new Adapter(rank, alpha, new TreeMap<>(modules));
    } catch (ModelFormatException e) {
      throw new IllegalArgumentException("the adapter is damaged: " + e.getMessage(), e);
    }
  }

  private static JsonNode settings(String config) {
    try {
      JsonNode settings = JSON.readTree(config);
      for (String unsupported : new String[] {"use_dora", "use_rslora", "lora_bias"}) {
        if (settings.path(unsupported).asBoolean(false)) {
          throw new IllegalArgumentException(
              "adapter_config.json: " + unsupported + " is not served");
        }
      }
      if (!settings.path("peft_type").asText("LORA").equals("LORA")) {
        throw new IllegalArgumentException("adapter_config.json: peft_type is not LORA");
      }
      if (settings.path("rank_pattern").size() > 0 || settings.path("alpha_pattern").size() > 0) {
        throw new IllegalArgumentException(
            "adapter_config.json: rank_pattern and alpha_pattern are not served");
      }
      return settings;
    } catch (IOException e) {
      throw new IllegalArgumentException("adapter_config.json is not JSON", e);
    }
  }

  private static Adapter.Module module(Safetensors file, String module, int rank) {
    String a = PREFIX + module + A;
    String b = PREFIX + module + B;
    if (!file.names().contains(b)) {
      throw new IllegalArgumentException("tensor " + a + " has no lora_B beside it");
    }
    long[] shapeA = file.shape(a);
    long[] shapeB = file.shape(b);
    if (shapeA.length != 2 || shapeB.length != 2 || shapeA[0] != rank || shapeB[1] != rank) {
      throw new IllegalArgumentException(
          "%s: factors %s and %s do not have rank %d"
              .formatted(module, Arrays.toString(shapeA), Arrays.toString(shapeB), rank));
    }
    return new Adapter.Module((int) shapeA[1], (int) shapeB[0], file.read(a), file.read(b));
  }

  /** The canonical bytes of an adapter's tensors: the same adapter gives the same bytes. */
  public static byte[] tensors(Adapter adapter) {
    Map<String, MemoryTensors.Values> values = new HashMap<>();
    adapter
        .modules()
        .forEach(
            (name, module) -> {
              values.put(
                  PREFIX + name + A,
                  new MemoryTensors.Values(module.a(), adapter.rank(), module.in()));
              values.put(
                  PREFIX + name + B,
                  new MemoryTensors.Values(module.b(), module.out(), adapter.rank()));
            });
    return SafetensorsWriter.bytes(new MemoryTensors(values), Map.of("format", "pt"));
  }

  /** The text of adapter_config.json, as PEFT reads it. */
  public static String config(Adapter adapter, String baseModel) {
    ObjectNode config = JSON.createObjectNode();
    config.put("peft_type", "LORA");
    config.put("task_type", "CAUSAL_LM");
    config.put("base_model_name_or_path", baseModel);
    config.put("r", adapter.rank());
    config.put("lora_alpha", adapter.alpha());
    config.put("lora_dropout", 0.0);
    config.put("bias", "none");
    config.put("inference_mode", true);
    ArrayNode targets = config.putArray("target_modules");
    adapter.modules().keySet().stream()
        .map(name -> name.substring(name.lastIndexOf('.') + 1))
        .collect(Collectors.toCollection(TreeSet::new))
        .forEach(targets::add);
    return config.toPrettyString() + "\n";
  }

  /**
   * sha256 over rank, alpha and canonical tensors, in lower-case hexadecimal: the identity of an
   * adapter.
   */
  public static String hash(Adapter adapter) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(
          ("rank=" + adapter.rank() + ";alpha=" + adapter.alpha() + ";")
              .getBytes(StandardCharsets.UTF_8));
      digest.update(tensors(adapter));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
