/** Activations of feed-forward layers, on the f32 kernels. */
import type { Kernels } from '../kernels/load.js';
import type { Activation } from '../plan/activation.js';

/** The activations of pre-activations, which stay as they are. */
export function activated(kernels: Kernels, activation: Activation, x: Float32Array): Float32Array {
  switch (activation.kind) {
    case 'relu':
      return kernels.relu(x);
    case 'relu2':
      return kernels.reluSquared(x);
    case 'silu':
      return kernels.silu(x);
    case 'gelu':
      return kernels.gelu(x);
    case 'gelu_tanh':
      return kernels.geluTanh(x);
    case 'fatrelu':
      return kernels.fatRelu(x, activation.threshold);
  }
}
