package dev.whetstone.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class SafetensorsTest {
  @Test
  void everyFloatTypeIsRead() {
    float[] values = {0, 1, -2.5f, 65504, 0x1.554p-2f};
    ByteBuffer bytes = GgufBytes.little(40);
    for (float value : values) {
      bytes.putFloat(value);
    }
    for (float value : values) {
      bytes.putShort(Float.floatToFloat16(value));
    }
    for (float value : values) {
      bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
    }
    String header =
        """
        {"__metadata__": {"format": "pt"},
         "a": {"dtype": "F32", "shape": [5], "data_offsets": [0, 20]},
         "b": {"dtype": "F16", "shape": [5, 1], "data_offsets": [20, 30]},
         "c": {"dtype": "BF16", "shape": [1, 5], "data_offsets": [30, 40]},
         "d": {"dtype": "F32", "shape": [0, 7], "data_offsets": [40, 40]}}\
        """;

    try (Safetensors file = Safetensors.of(file(header, GgufBytes.all(bytes)))) {
      assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
      assertThat(file.read("a")).containsExactly(values);
      assertThat(file.read("b")).containsExactly(values);
      assertThat(file.shape("b")).containsExactly(5, 1);
      assertThat(file.read("c")).containsExactly(0, 1, -2.5f, 65280, 0.33203125f);
      assertThat(file.read("d")).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "I64 | [2] | [0, 16] | type I64",
        "F8_E4M3 | [4] | [0, 4] | type F8_E4M3",
        "F32 | [2] | [0, 4] | sizes",
        "F32 | [4] | [4, 20] | truncated",
        "F32 | [2] | [-8, 0] | outside",
        "F32 | [2] | [9223372036854775807, 9223372036854775807] | outside",
        "F32 | [4294967296] | [0, 16] | dimension",
        "F32 | [2147483647, 2147483647] | [0, 16] | too many",
        "F32 | [-1] | [0, 16] | dimension",
        "F32 | [1.5] | [0, 4] | dimension",
        "F32 | [\"4\"] | [0, 16] | dimension",
        "F32 | [99999999999999999999] | [0, 16] | dimension",
        "F32 | 4 | [0, 16] | no shape",
        "F32 | [4] | [0] | data_offsets",
      })
  void aMalformedEntryIsRefusedByName(String type, String shape, String offsets, String named) {
    String header =
        "{\"x\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": %s}}"
            .formatted(type, shape, offsets);

    assertRefused(file(header, new byte[16]), "tensor x", named);
  }

  @Test
  void tensorsThatShareBytesAreRefused() {
    String entry = "{\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [%d, %d]}";
    String header = "{\"a\": " + entry.formatted(0, 8) + ", \"b\": " + entry.formatted(4, 12) + "}";

    assertRefused(file(header, new byte[16]), "tensor b", "overlaps");
  }

  @Test
  void anInvalidHeaderIsRefused() {
    assertRefused(new byte[0], "no header");
    assertRefused(GgufBytes.all(GgufBytes.little(8).putLong(Long.MAX_VALUE)), "header");
    assertRefused(GgufBytes.all(GgufBytes.little(8).putLong(-1)), "header");
    assertRefused(file("[]", new byte[0]), "not a JSON object");
    assertRefused(file("{\"x\"", new byte[0]), "not JSON");
    assertRefused(file("{\"x\": " + "[".repeat(50_000), new byte[0]), "not JSON");
  }

  @Test
  void aFileWithAnyDamageIsReadOrRefusedWithAMessage() {
    byte[] whole =
        SafetensorsWriter.bytes(SmallModels.tensors(SmallModels.llama(), 1), Map.of("a", "b"));
    byte[] valid = Arrays.copyOf(whole, whole.length);
    Random random = new Random(2);
    int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    for (int i = 0; i < 1500; i++) {
      byte[] damaged = i % 5 == 0 ? Arrays.copyOf(valid, random.nextInt(header)) : valid.clone();
      for (int flips = random.nextInt(4); flips >= 0 && damaged.length > 0; flips--) {
        int at = random.nextInt(Math.min(damaged.length, 8 + header));
        damaged[at] = (byte) random.nextInt(256);
      }
      try (Safetensors file = Safetensors.of(damaged)) {
        for (String name : file.names()) {
          assertThat(file.read(name)).isNotNull();
        }
      } catch (ModelFormatException refused) {
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
  }

  private static void assertRefused(byte[] file, String... named) {
    assertThatThrownBy(() -> Safetensors.of(file).close())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll(named);
  }

  private static byte[] file(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return GgufBytes.all(
        GgufBytes.little(8 + text.length + data.length).putLong(text.length).put(text).put(data));
  }
}
