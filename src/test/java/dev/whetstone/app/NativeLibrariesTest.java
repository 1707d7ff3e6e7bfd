package dev.whetstone.app;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import dev.whetstone.settings.BuildInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("own")
class NativeLibrariesTest {
  @TempDir Path folder;

  @Test
  void onnxRuntimeLoadsWhatWasUnpackedOnce() throws IOException {
    Path current = folder.resolve("onnxruntime-" + BuildInfo.onnxRuntimeVersion());
    Files.createDirectories(folder.resolve("onnxruntime-1.0.0"));
    Files.createDirectories(folder.resolve(".unfinished-1"));

    NativeLibraries.prepare(folder);
    FileTime unpacked = Files.getLastModifiedTime(current.resolve("libonnxruntime.so"));
    System.clearProperty("onnxruntime.native.path");
    NativeLibraries.prepare(folder);

    assertThat(Files.getLastModifiedTime(current.resolve("libonnxruntime.so"))).isEqualTo(unpacked);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactlyInAnyOrder(current, folder.resolve(".lock"));
    }
    assertThat(OrtEnvironment.getEnvironment().getVersion()).startsWith("1.");
    assertThat(Files.readString(Path.of("/proc/self/maps")))
        .contains(current.resolve("libonnxruntime.so").toRealPath().toString());
  }
}
