package dev.whetstone.app;

import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.io.LockFile;
import dev.whetstone.settings.BuildInfo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Unpacks native libraries once for each version. By default ONNX Runtime unpacks its own below
 * /tmp at every start, 23 MB that remain when the process is killed, and DJL writes into the user's
 * home.
 */
public final class NativeLibraries {
  private static final String ONNX_RUNTIME = "onnxruntime-";
  private static final String UNFINISHED = ".unfinished-";
  private static final String RESOURCES = "/ai/onnxruntime/native/linux-x64/";

  /** The last three are only in the build for CUDA. */
  private static final List<String> FILES =
      List.of(
          "libonnxruntime.so",
          "libonnxruntime4j_jni.so",
          "libonnxruntime_providers_shared.so",
          "libonnxruntime_providers_cuda.so",
          "libonnxruntime_providers_tensorrt.so");

  private NativeLibraries() {}

  /**
   * Points ONNX Runtime and DJL at the folder, and unpacks what is missing. Must be called before
   * either library is used. A location that the user has chosen takes precedence: ONNX Runtime's
   * property {@code onnxruntime.native.path}, DJL's variables ENGINE_CACHE_DIR and DJL_CACHE_DIR.
   *
   * @param folder {@code WHETSTONE_NATIVE}
   */
  public static void prepare(Path folder) throws IOException {
    if (System.getProperty("onnxruntime.native.path") == null
        && NativeLibraries.class.getResource(RESOURCES + FILES.getFirst()) != null) {
      System.setProperty("onnxruntime.native.path", unpack(folder).toString());
    }
    if (System.getenv("ENGINE_CACHE_DIR") == null && System.getenv("DJL_CACHE_DIR") == null) {
      System.setProperty("ENGINE_CACHE_DIR", folder.resolve("djl").toString());
    }
  }

  private static Path unpack(Path folder) throws IOException {
    Path target = folder.resolve(ONNX_RUNTIME + BuildInfo.onnxRuntimeVersion());
    if (Files.exists(target)) {
      return target;
    }
    Files.createDirectories(folder);
    try (LockFile _ = LockFile.acquire(folder.resolve(".lock"))) {
      if (!Files.exists(target)) {
        removeOthers(folder);
        Path aside = Files.createTempDirectory(folder, UNFINISHED);
        copyTo(aside);
        AtomicDirectory.publish(aside, target);
      }
    }
    return target;
  }

  /** Removes other versions and unfinished copies; libraries that processes use stay mapped. */
  private static void removeOthers(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.startsWith(ONNX_RUNTIME) || name.startsWith(UNFINISHED)) {
          AtomicDirectory.deleteTree(entry);
        }
      }
    }
  }

  private static void copyTo(Path aside) throws IOException {
    for (String file : FILES) {
      try (InputStream packed = NativeLibraries.class.getResourceAsStream(RESOURCES + file)) {
        if (packed != null) {
          Files.copy(packed, aside.resolve(file));
        }
      }
    }
  }
}
