package dev.whetstone.lora;

import dev.whetstone.io.Sha256;
import dev.whetstone.lora.LoraTensorName.Side;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.Safetensors;
import dev.whetstone.weights.SafetensorsWriter;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads and writes PEFT's {@code adapter_model.safetensors} and {@code adapter_config.json}. */
public final class PeftFiles {
  private static final Map<String, String> METADATA = Map.of("format", "pt");

  private PeftFiles() {}

  /**
   * Reads an adapter.
   *
   * @param tensors safetensors with {@code MODULE.lora_A.weight [rank, in]} and {@code
   *     MODULE.lora_B.weight [out, rank]}, with or without PEFT's prefix {@code base_model.model.}
   *     and its infix {@code .default}
   * @param config adapter_config.json
   * @throws IllegalArgumentException naming the tensor or setting that is wrong
   */
  public static LoraAdapter read(byte[] tensors, String config) {
    return read(MemorySegment.ofArray(tensors), config);
  }

  /** Reads an adapter as above; of the heap it takes what its factors do. */
  public static LoraAdapter read(MemorySegment tensors, String config) {
    PeftConfig settings = PeftConfig.of(config);
    settings.requireNothingSaved();
    return read(tensors, settings, null);
  }

  /**
   * Reads an adapter beside whose factors there may be weights of its base model, which are left
   * aside where they equal the base's.
   *
   * @param base the base model
   * @throws IllegalArgumentException naming the tensor or setting that is wrong
   */
  public static LoraAdapter read(MemorySegment tensors, String config, ModelDirectory base) {
    return read(tensors, PeftConfig.of(config), base::weights);
  }

  /**
   * Reads an adapter whose rank and alpha are known.
   *
   * @throws IllegalArgumentException naming the tensor that is wrong
   */
  public static LoraAdapter read(byte[] tensors, int rank, double alpha) {
    return read(MemorySegment.ofArray(tensors), rank, alpha);
  }

  /** Reads an adapter as above; of the heap it takes what its factors do. */
  public static LoraAdapter read(MemorySegment tensors, int rank, double alpha) {
    return read(tensors, new PeftConfig(rank, alpha, false, Map.of(), Map.of(), false), null);
  }

  /**
   * Bytes that the factors of an adapter will take in memory.
   *
   * @throws IllegalArgumentException when the file is damaged
   */
  public static long size(MemorySegment tensors) {
    try (Safetensors file = Safetensors.of(tensors)) {
      return file.names().stream()
          .filter(LoraTensorName::isFactor)
          .mapToLong(name -> Float.BYTES * Tensors.size(file.shape(name)))
          .sum();
    } catch (ModelFormatException e) {
      throw new IllegalArgumentException("the adapter is damaged: " + e.getMessage(), e);
    }
  }

  private static LoraAdapter read(
      MemorySegment tensors, PeftConfig settings, BaseCopies.@Nullable Source base) {
    try (Safetensors file = Safetensors.of(tensors)) {
      List<String> others =
          file.names().stream().filter(name -> !LoraTensorName.isFactor(name)).toList();
      if (base != null && !others.isEmpty()) {
        BaseCopies.require(file, others, base);
      }
      Map<LoraTensorName, String> factors = factors(file, base == null ? List.of() : others);
      TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
      factors.forEach(
          (factor, name) -> {
            String counterpart = factors.get(factor.counterpart());
            if (counterpart == null) {
              throw new IllegalArgumentException(
                  "tensor %s has no lora_%s beside it"
                      .formatted(name, factor.counterpart().side()));
            }
            if (factor.side() == Side.A) {
              modules.put(
                  factor.module(), module(file, factor.module(), name, counterpart, settings));
            }
          });
      return ModulePadding.joined(settings, modules);
    } catch (ModelFormatException e) {
      throw new IllegalArgumentException("the adapter is damaged: " + e.getMessage(), e);
    }
  }

  /** The name of each factor's tensor in the file, but for those of other tensors. */
  private static Map<LoraTensorName, String> factors(Safetensors file, List<String> others) {
    Map<LoraTensorName, String> factors = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>(file.names());
    others.forEach(names::remove);
    for (String name : names) {
      String other = factors.put(LoraTensorName.of(name), name);
      if (other != null) {
        throw new IllegalArgumentException("tensors " + other + " and " + name + " are one factor");
      }
    }
    if (factors.isEmpty()) {
      throw new IllegalArgumentException("the adapter has no LoRA factors");
    }
    return factors;
  }

  private static LoraAdapter.Module module(
      Safetensors file, String module, String a, String b, PeftConfig settings) {
    int rank = settings.rank(module);
    long[] shapeA = file.shape(a);
    long[] shapeB = file.shape(b);
    if (shapeA.length != 2 || shapeB.length != 2 || shapeA[0] != rank || shapeB[1] != rank) {
      throw new IllegalArgumentException(
          "%s: factors %s and %s do not have rank %d"
              .formatted(module, Arrays.toString(shapeA), Arrays.toString(shapeB), rank));
    }
    return new LoraAdapter.Module((int) shapeA[1], (int) shapeB[0], file.read(a), file.read(b));
  }

  /**
   * Writes adapter_model.safetensors in canonical form, under PEFT's names: equal adapters give
   * equal bytes.
   */
  public static byte[] tensors(LoraAdapter adapter) {
    return SafetensorsWriter.bytes(factors(adapter), METADATA);
  }

  /** Writes what {@link #tensors} gives, a piece at a time. */
  public static void write(LoraAdapter adapter, OutputStream out) throws IOException {
    SafetensorsWriter.write(out, factors(adapter), METADATA);
  }

  /** The factors under PEFT's names. */
  public static Tensors factors(LoraAdapter adapter) {
    int rank = adapter.rank();
    Map<String, MemoryTensors.Values> values = new HashMap<>();
    adapter
        .modules()
        .forEach(
            (name, module) -> {
              values.put(
                  new LoraTensorName(name, Side.A).tensor(),
                  new MemoryTensors.Values(module.a(), rank, module.in()));
              values.put(
                  new LoraTensorName(name, Side.B).tensor(),
                  new MemoryTensors.Values(module.b(), module.out(), rank));
            });
    return new MemoryTensors(values);
  }

  /** Writes adapter_config.json, as PEFT reads it. */
  public static String config(LoraAdapter adapter, String baseModel) {
    return PeftConfig.text(adapter, baseModel);
  }

  /**
   * The identity of an adapter: SHA-256 over rank, alpha and {@link #tensors}, in lower-case
   * hexadecimal.
   */
  public static String hash(LoraAdapter adapter) {
    MessageDigest digest = Sha256.digest();
    String head = "rank=" + adapter.rank() + ";alpha=" + adapter.alpha() + ";";
    digest.update(head.getBytes(StandardCharsets.UTF_8));
    try {
      SafetensorsWriter.digest(digest, factors(adapter), METADATA);
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot be read", e);
    }
    return Sha256.hex(digest);
  }
}
