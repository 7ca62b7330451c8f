import { render } from 'preact';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './design/shell.css';
import './design/table.css';
import './design/views.css';
import { App } from './app.tsx';
import { start } from './data/desk.ts';
import { startTheme } from './theme.ts';

startTheme();
start();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
