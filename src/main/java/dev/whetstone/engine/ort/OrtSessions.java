package dev.whetstone.engine.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/**
 * Opens sessions that share one thread pool, because the spinning threads of two pools would take
 * the same cores from each other.
 */
final class OrtSessions {
  private static final Logger LOG = Logger.getLogger(OrtSessions.class);

  private OrtSessions() {}

  static OrtEnvironment environment(int threads) throws OrtException {
    try (OrtEnvironment.ThreadingOptions threading = new OrtEnvironment.ThreadingOptions()) {
      threading.setGlobalIntraOpNumThreads(threads);
      threading.setGlobalInterOpNumThreads(1);
      threading.setGlobalSpinControl(true);
      OrtEnvironment created =
          OrtEnvironment.getEnvironment(
              OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, "whetstone", threading);
      deleteTemporaryFolder();
      return created;
    } catch (IllegalStateException alreadyCreated) {
      // The runtime has one environment a process: later models share the first one's pool.
      return OrtEnvironment.getEnvironment();
    }
  }

  /**
   * Deletes the folder below /tmp that the runtime makes at each start and leaves when the process
   * is killed. It is empty where the libraries were unpacked before; one in use is not deleted.
   */
  private static void deleteTemporaryFolder() {
    try {
      Field folder = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("tempDirectory");
      folder.setAccessible(true);
      if (folder.get(null) instanceof Path path) {
        Files.deleteIfExists(path);
      }
    } catch (DirectoryNotEmptyException inUse) {
      // the runtime unpacked its libraries there, and deletes them itself
    } catch (ReflectiveOperationException | IOException unknown) {
      LOG.debugf("the runtime's temporary folder stays: %s", unknown);
    }
  }

  private static void addCuda(OrtSession.SessionOptions options, int device) {
    try {
      options.addCUDA(device);
    } catch (OrtException e) {
      throw new IllegalStateException(
          "cuda:%d cannot be used: it needs an NVIDIA GPU with its driver, CUDA 12, cuDNN 9, and a build with mvn -Pcuda (%s)"
              .formatted(device, e.getMessage()),
          e);
    }
  }

  static OrtSession open(OrtEnvironment environment, Path graph, OrtSettings settings)
      throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.disablePerSessionThreads();
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      if (!VnniSupport.isExact()) {
        options.addConfigEntry("session.x64quantprecision", "1");
      }
      options.addConfigEntry("session.use_device_allocator_for_initializers", "1");
      if (!settings.packed()) {
        options.addConfigEntry("session.disable_prepacking", "1");
      }
      if (settings.cudaDevice().isPresent()) {
        addCuda(options, settings.cudaDevice().getAsInt());
      }
      return environment.createSession(graph.toString(), options);
    }
  }
}
