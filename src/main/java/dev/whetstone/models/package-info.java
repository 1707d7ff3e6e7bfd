/** Base models on this machine: catalogue, fetch, import, integrity and calibration. */
@NullMarked
package dev.whetstone.models;

import org.jspecify.annotations.NullMarked;
