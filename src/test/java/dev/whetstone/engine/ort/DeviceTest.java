package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.testing.TestModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {
  @Test
  void aDeviceIsTheProcessorOrANumberedGpu() {
    assertThat(OrtSettings.cudaDevice("cpu")).isEmpty();
    assertThat(OrtSettings.cudaDevice("cuda")).hasValue(0);
    assertThat(OrtSettings.cudaDevice("cuda:3")).hasValue(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:1x", "cuda:1234567890"})
  void anotherNameIsRefused(String device) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OrtSettings.cudaDevice(device))
        .withMessageContaining("whetstone.engine.device");
  }

  @Test
  void aGpuThatCannotBeUsedSaysWhatItNeeds() {
    OrtSettings settings =
        new OrtSettings(
            TestModels.tiny().path().resolve("exact.onnx"),
            null,
            1,
            64,
            1,
            OrtSettings.cudaDevice("cuda:99"));

    assertThatThrownBy(() -> OrtModel.open(settings))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("cuda:99 cannot be used", "mvn -Pcuda");
  }
}
