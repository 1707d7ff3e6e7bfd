package dev.whetstone.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.MemoryTensors.Values;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.Safetensors;
import dev.whetstone.weights.SafetensorsWriter;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeftFilesTest {
  private static final String Q = "model.layers.0.self_attn.q_proj";
  private static final String CONFIG = "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4}";
  private static final float[] A = {1, 2, 3, 4, 5, 6};
  private static final float[] B = {7, 8, 9, 10};

  @ParameterizedTest
  @CsvSource({
    "'', .weight",
    "base_model.model., .weight",
    "base_model.model., .default.weight",
    "'', .default.weight",
    "base_model.model.model., .policy.weight",
    "base_model.model.model.language_model., .weight",
  })
  void everyUsualNameOfAFactorIsRead(String prefix, String end) {
    String name =
        prefix.endsWith("model.model.") || prefix.endsWith("language_model.")
            ? prefix + Q.substring("model.".length())
            : prefix + Q;
    byte[] file =
        file(
            Map.of(
                name + ".lora_A" + end, new Values(A, 2, 3),
                name + ".lora_B" + end, new Values(B, 2, 2)));

    LoraAdapter adapter = PeftFiles.read(file, CONFIG);

    assertThat(adapter.rank()).isEqualTo(2);
    assertThat(adapter.scale()).isEqualTo(2);
    assertThat(adapter.modules()).containsOnlyKeys(Q);
    LoraAdapter.Module module = Objects.requireNonNull(adapter.modules().get(Q));
    assertThat(module.a()).containsExactly(A);
    assertThat(module.b()).containsExactly(B);
    assertThat(module.in()).isEqualTo(3);
    assertThat(module.out()).isEqualTo(2);
  }

  @Test
  void aTrainersAdapterSurvivesWritingAndReading() throws IOException {
    byte[] golden =
        Files.readAllBytes(
            Path.of("src/test/resources/golden/train-tiny-sigmoid/adapter_final.safetensors"));
    LoraAdapter adapter = PeftFiles.read(golden, 8, 16);
    assertThat(adapter.modules()).hasSize(28);

    byte[] written = PeftFiles.tensors(adapter);
    LoraAdapter again = PeftFiles.read(written, PeftFiles.config(adapter, "tiny-reviews"));

    assertThat(again.alpha()).isEqualTo(16);
    assertThat(PeftFiles.tensors(again)).isEqualTo(written);
    assertThat(PeftFiles.hash(again)).isEqualTo(PeftFiles.hash(adapter)).hasSize(64);
    try (Safetensors file = Safetensors.of(written);
        Safetensors original = Safetensors.of(golden)) {
      assertThat(file.metadata()).containsEntry("format", "pt");
      for (String name : original.names()) {
        assertThat(file.read("base_model.model." + name)).isEqualTo(original.read(name));
      }
    }
  }

  @Test
  void theHashTellsRankAlphaAndEveryElementApart() {
    LoraAdapter adapter = PeftFiles.read(sound(), CONFIG);
    float[] nudged = B.clone();
    nudged[3] = Math.nextUp(nudged[3]);

    assertThat(PeftFiles.hash(PeftFiles.read(sound(), 2, 4))).isEqualTo(PeftFiles.hash(adapter));
    assertThat(PeftFiles.hash(PeftFiles.read(sound(), 2, 5))).isNotEqualTo(PeftFiles.hash(adapter));
    assertThat(PeftFiles.hash(PeftFiles.read(file(factors(A, nudged)), CONFIG)))
        .isNotEqualTo(PeftFiles.hash(adapter));
  }

  @Test
  void rankStabilisedScalingIsFoldedIntoAlpha() {
    String config = "{\"r\": 2, \"lora_alpha\": 4, \"use_rslora\": true}";

    assertThat(PeftFiles.read(sound(), config).scale()).isCloseTo(4 / Math.sqrt(2), within(1e-12));
  }

  @Test
  void patternsGiveModulesTheirOwnRankAndScale() {
    String k = "model.layers.1.self_attn.k_proj";
    byte[] file =
        file(
            Map.of(
                Q + ".lora_A.weight", new Values(new float[] {1, 2, 3, 4, 5, 6}, 2, 3),
                Q + ".lora_B.weight", new Values(new float[] {1, 2, 3, 4}, 2, 2),
                k + ".lora_A.weight", new Values(new float[] {7, 8, 9}, 1, 3),
                k + ".lora_B.weight", new Values(new float[] {10, 11}, 2, 1)));
    String config =
        "{\"r\": 2, \"lora_alpha\": 4, \"rank_pattern\": {\"layers.1.*k_proj\": 1},"
            + " \"alpha_pattern\": {\"k_proj\": 3}}";

    LoraAdapter adapter = PeftFiles.read(file, config);

    assertThat(adapter.rank()).isEqualTo(2);
    assertThat(adapter.scale()).isEqualTo(2);
    LoraAdapter.Module module = Objects.requireNonNull(adapter.modules().get(k));
    assertThat(module.a()).containsExactly(7, 8, 9, 0, 0, 0);
    assertThat(module.b()).containsExactly(15, 0, 16.5f, 0);
    assertThat(Objects.requireNonNull(adapter.modules().get(Q)).b()).containsExactly(1, 2, 3, 4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"alora_invocation_tokens\": [5, 6]",
        "\"layer_replication\": [[0, 1], [0, 2]]",
        "\"use_dora\": true",
        "\"init_lora_weights\": \"loftq\"",
        "\"modules_to_save\": [\"lm_head\"]",
        "\"target_parameters\": [\"mlp.experts.gate_up_proj\"]",
      })
  void whatIsNoPlainLoraIsRefusedByName(String setting) {
    String config = "{\"r\": 2, \"lora_alpha\": 4, " + setting + "}";

    assertThatThrownBy(() -> PeftFiles.read(sound(), config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(setting.substring(1, setting.indexOf('"', 1)));
  }

  @Test
  void factorsOfAnotherRankAreRefused() {
    assertRefused(sound(), "{\"r\": 3, \"lora_alpha\": 4}", Q, "do not have rank 3");
    Map<String, Values> mixed = factors(A, B);
    mixed.put(Q + ".lora_B.weight", new Values(B, 1, 4));
    assertRefused(file(mixed), CONFIG, Q, "[1, 4]", "do not have rank 2");
  }

  @Test
  void factorsThatAreNoMatricesAreRefused() {
    Map<String, Values> flat = factors(A, B);
    flat.put(Q + ".lora_A.weight", new Values(A, 6));
    assertRefused(file(flat), CONFIG, Q, "[6]");
    Map<String, Values> empty = factors(A, B);
    empty.put(Q + ".lora_A.weight", new Values(new float[0], 2, 0));
    assertRefused(file(empty), CONFIG, Q, "maps 0 to 2 values");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void valuesThatAreNotFiniteAreRefused(float bad) {
    float[] a = A.clone();
    a[4] = bad;
    assertRefused(file(factors(a, B)), CONFIG, Q + ".lora_A", "element 4");
    float[] b = B.clone();
    b[0] = bad;
    assertRefused(file(factors(A, b)), CONFIG, Q + ".lora_B", "element 0");
  }

  @ParameterizedTest
  @ValueSource(floats = {1e38f, -1e38f, 10_001, -10_001})
  void valuesThatNoTrainingLeavesAreRefused(float bad) {
    float[] a = A.clone();
    a[4] = bad;
    assertRefused(file(factors(a, B)), CONFIG, Q + ".lora_A holds " + bad, "element 4", "10000.0");
    float[] b = B.clone();
    b[3] = bad;
    assertRefused(file(factors(A, b)), CONFIG, Q + ".lora_B holds " + bad, "element 3");
  }

  @Test
  void theScaleCountsForB() {
    float[] b = B.clone();
    b[2] = 5000;
    assertThat(PeftFiles.read(file(factors(A, b)), CONFIG).scale()).isEqualTo(2);
    b[2] = Math.nextUp(5000f);
    assertRefused(
        file(factors(A, b)), CONFIG, Q + ".lora_B", "element 2", "up to 5000.0", "scale 2.0");
    // a scale below one must not let a B in that training multiplies unscaled
    b[2] = 20_000;
    assertRefused(
        file(factors(A, b)), "{\"r\": 2, \"lora_alpha\": 0.2}", Q + ".lora_B", "element 2");
  }

  @Test
  void aScaleThatIsInfiniteInFloatsIsRefusedBesideZeroesToo() {
    byte[] fresh = file(factors(A, new float[4]));

    assertThat(PeftFiles.read(fresh, 2, 20_000).scale()).isEqualTo(LoraAdapter.MAX_MAGNITUDE);
    assertRefused(fresh, "{\"r\": 2, \"lora_alpha\": 1e300}", "alpha 1.0E300");
    assertRefused(fresh, "{\"r\": 2, \"lora_alpha\": 20001}", "alpha 20001.0", "its rank 2");
  }

  @Test
  void aFactorWithoutItsOtherHalfIsRefused() {
    Map<String, Values> onlyA = factors(A, B);
    onlyA.remove(Q + ".lora_B.weight");
    assertRefused(file(onlyA), CONFIG, Q + ".lora_A.weight has no lora_B");
    Map<String, Values> onlyB = factors(A, B);
    onlyB.remove(Q + ".lora_A.weight");
    assertRefused(file(onlyB), CONFIG, Q + ".lora_B.weight has no lora_A");
    assertRefused(file(Map.of()), CONFIG, "no LoRA factors");
  }

  @Test
  void aFactorUnderTwoNamesIsRefused() {
    Map<String, Values> twice = factors(A, B);
    twice.put("base_model.model." + Q + ".lora_A.weight", new Values(A, 2, 3));
    assertRefused(file(twice), CONFIG, Q + ".lora_A.weight", "are one factor");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.layers.0.self_attn.q_proj.weight",
        "model.layers.0.self_attn.q_proj.lora_magnitude_vector",
        "model.embed_tokens.lora_embedding_A",
        ".lora_A.weight",
        "",
      })
  void tensorsThatAreNoFactorAreRefused(String name) {
    Map<String, Values> extra = factors(A, B);
    extra.put(name, new Values(A, 6));
    assertRefused(file(extra), CONFIG, "tensor " + name + " is no LoRA factor");
  }

  @Test
  void aFileCutAnywhereIsRefused() {
    byte[] whole = sound();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatIllegalArgumentException()
          .as("cut to %d of %d bytes", length, whole.length)
          .isThrownBy(() -> PeftFiles.read(cut, CONFIG))
          .withMessageContaining("damaged");
    }
  }

  @Test
  void aNameTwiceInTheHeaderIsRefused() {
    String entry = "\"" + Q + ".lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[0],";
    String header = "{" + entry + "\"data_offsets\":[0,0]}," + entry + "\"data_offsets\":[0,0]}}";

    assertRefused(raw(header), CONFIG, "damaged", "Duplicate");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"r\": 2, \"lora_alpha\": 4, \"use_dora\": true} | use_dora",
        "{\"r\": 2, \"lora_alpha\": 4, \"fan_in_fan_out\": true} | fan_in_fan_out",
        "{\"r\": 2, \"lora_alpha\": 4, \"rank_pattern\": {\"q_proj\": 4}} | do not have rank 4",
        "{\"r\": 2, \"lora_alpha\": 4, \"modules_to_save\": [\"lm_head\"]} | modules_to_save",
        "{\"r\": 2, \"lora_alpha\": 4, \"init_lora_weights\": \"pissa_niter_16\"} | pissa",
        "{\"r\": 2, \"lora_alpha\": 4, \"peft_type\": \"IA3\"} | peft_type",
        "{\"r\": \"two\", \"lora_alpha\": 4} | r is not a number",
        "{\"r\": 2} | lora_alpha is not a number",
        "{\"r\": 0, \"lora_alpha\": 4} | rank",
        "{\"r\": -2, \"lora_alpha\": 4} | rank",
        "{\"r\": 2, \"lora_alpha\": 0} | alpha",
        "{\"r\": 2, \"lora_alpha\": 1e999} | alpha",
        "{\"r\": 2, | not JSON",
        "[] | not a JSON object",
        "'' | not a JSON object",
      })
  void aConfigThatIsWrongOrNotServedIsRefused(String config, String named) {
    assertRefused(sound(), config, named);
  }

  @ParameterizedTest
  @CsvSource({
    "base_model.model.model.embed_tokens.weight, model.embed_tokens.weight",
    "base_model.model.lm_head.weight, model.embed_tokens.weight",
    "base_model.model.lm_head.modules_to_save.default.weight, model.embed_tokens.weight",
    "base_model.model.model.embed_tokens.base_layer.weight, model.embed_tokens.weight",
    "model.language_model.norm.weight, model.norm.weight",
  })
  void weightsOfTheBaseMayStandBesideTheFactors(String name, String original) throws IOException {
    ModelDirectory base = TestModels.tiny();
    String saving = "{\"r\": 2, \"lora_alpha\": 4, \"modules_to_save\": [\"lm_head\"]}";
    try (Tensors weights = base.weights()) {
      int[] shape = Arrays.stream(weights.shape(original)).mapToInt(Math::toIntExact).toArray();
      float[] copy = weights.read(original);
      assertThat(read(name, copy, shape, saving, base).modules()).containsOnlyKeys(Q);
      float[] rounded = copy.clone();
      for (int i = 0; i < rounded.length; i++) {
        rounded[i] = Float.intBitsToFloat((Float.floatToRawIntBits(copy[i]) + 0x8000) & 0xffff0000);
      }
      assertThat(read(name, rounded, shape, saving, base).modules()).containsOnlyKeys(Q);

      float[] trained = copy.clone();
      trained[trained.length - 1] += 0.01f;
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read(name, trained, shape, saving, base))
          .withMessageContainingAll(name, "changed by training");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read("base_model.model.score.weight", copy, shape, saving, base))
          .withMessageContainingAll("score.weight", "nor a weight of the base model");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read(name, new float[] {1}, new int[] {1}, saving, base))
          .withMessageContainingAll(name, "where the base model has");
      assertRefused(with(name, copy, shape), saving, "modules_to_save");
    }
  }

  private static LoraAdapter read(
      String name, float[] values, int[] shape, String config, ModelDirectory base) {
    return PeftFiles.read(MemorySegment.ofArray(with(name, values, shape)), config, base);
  }

  private static byte[] with(String name, float[] values, int[] shape) {
    Map<String, Values> tensors = factors(A, B);
    tensors.put(
        name,
        shape.length == 1 ? new Values(values, shape[0]) : new Values(values, shape[0], shape[1]));
    return file(tensors);
  }

  private static Map<String, Values> factors(float[] a, float[] b) {
    Map<String, Values> factors = new LinkedHashMap<>();
    factors.put(Q + ".lora_A.weight", new Values(a, 2, 3));
    factors.put(Q + ".lora_B.weight", new Values(b, 2, 2));
    return factors;
  }

  private static byte[] sound() {
    return file(factors(A, B));
  }

  private static byte[] file(Map<String, Values> tensors) {
    return SafetensorsWriter.bytes(new MemoryTensors(tensors), Map.of());
  }

  private static byte[] raw(String header) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    byte[] file = new byte[8 + text.length];
    file[0] = (byte) text.length;
    file[1] = (byte) (text.length >> 8);
    System.arraycopy(text, 0, file, 8, text.length);
    return file;
  }

  private static void assertRefused(byte[] tensors, String config, String... named) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PeftFiles.read(tensors, config))
        .withMessageContainingAll(named);
  }
}
