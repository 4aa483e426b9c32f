import js from '@eslint/js';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'pkg', 'target', 'node_modules', 'models', '.train-data'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    files: ['**/*.mjs', '*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'URL', 'WebAssembly', 'TextDecoder', 'Response'].map((name) => [name, 'readonly']),
      ),
    },
  },
  { rules: { 'require-yield': 'off', '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }] } },
);
