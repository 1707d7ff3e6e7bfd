/**
 * Base models on this machine: catalogue, download, import, export, integrity and calibration.
 * Begin with {@link dev.whetstone.models.ModelStore}, which owns {@code WHETSTONE_HOME/models};
 * {@link dev.whetstone.models.ModelOpener} opens a model for serving.
 *
 * <p>No class here has a thread of its own; processes that import at the same time wait for each
 * other through {@code models/.lock}.
 */
@NullMarked
package dev.whetstone.models;

import org.jspecify.annotations.NullMarked;
