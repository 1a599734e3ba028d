/* Sending a file: how far it is, 取消, and 重试 when the line breaks. Without it the browser sends the form itself. */
(function () {
  'use strict';
  var STALLED = 60000;       /* nothing moved for so long: the line is dead, although nobody has said so */
  var text = {
    none: '还没有选文件。请先选择文件，再点“上传”。',
    large: '这个文件有 %s MB，超过上限 %l MB，没有上传。请分成几个文件，或删去多余的工作表和图片后再选一次。',
    sent: '已传 %s / %l MB',
    left: '，约还要 ',
    seconds: ' 秒', minutes: ' 分钟',
    waiting: '已经传完，正在等系统收下',
    broken: '网络断了，文件没有传完，系统中的数据没有改动。选好的文件还在，请点“重试”再传一次。',
    again: '如果选好之后又改过、移动过这个文件，请重新选择它。',
    offline: '现在没有联网，文件没有传完，系统中的数据没有改动。选好的文件还在，请接通网络后点“重试”。',
    online: '网络恢复了。选好的文件还在，请点“重试”再传一次。',
    server: '系统暂时没有收下这个文件，数据没有改动。请过一分钟点“重试”；仍不行请联系社保局。',
    stale: '这个页面打开太久，已经失效，文件没有上传。请刷新本页，再选一次文件。',
    stopped: '已取消，文件没有上传，系统中的数据没有改动。',
    retry: '重试'
  };
  var form = document.querySelector('form.send');
  if (!form || !window.FormData) return;
  var field = form.querySelector('[type=file]');
  var sending = form.querySelector('.sending');
  var said = sending.querySelector('.st');
  var bar = sending.querySelector('progress');
  var broken = form.querySelector('.broken');
  var buttons = form.querySelector('.row');
  var chosen = null;         /* a dropped file, where the field cannot hold it */
  var running = null;
  var tries = 0;

  function mb(bytes) {
    var value = bytes / 1048576;
    return value < 10 ? value.toFixed(1) : String(Math.round(value));
  }
  function put(sentence, part, whole) { return sentence.replace('%s', mb(part)).replace('%l', mb(whole)); }
  function say(line) { if (said.textContent !== line) said.textContent = line; }

  function tell(sentence, mayRetry) {
    broken.textContent = sentence;
    broken.hidden = false;
    if (!mayRetry) return;
    var button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn go';
    button.textContent = text.retry;
    button.addEventListener('click', send);
    broken.appendChild(document.createTextNode(' '));
    broken.appendChild(button);
    button.focus();
  }

  function stop() {
    clearTimeout(running && running.watch);
    running = null;
    sending.hidden = true;
    buttons.hidden = false;
  }

  function file() { return chosen || (field.files && field.files[0]); }

  function send() {
    var one = file();
    if (running) return;
    broken.hidden = true;
    if (!one) { tell(text.none); field.focus(); return; }
    if (one.size > +form.getAttribute('data-limit')) {
      tell(put(text.large, one.size, +form.getAttribute('data-limit')));
      return;
    }
    if (navigator.onLine === false) { tell(text.offline, true); return; }
    var data = new FormData(form);
    if (chosen) data.set('file', chosen, chosen.name);
    var xhr = new XMLHttpRequest();
    var begun = Date.now();
    var mine = running = { xhr: xhr, isStopped: false };
    function alive() {
      clearTimeout(mine.watch);
      mine.watch = setTimeout(function () { if (running === mine) xhr.abort(); }, STALLED);
    }
    function fail() {
      if (running !== mine) return;
      stop();
      if (mine.isStopped) { tell(text.stopped); field.focus(); return; }
      tries += 1;
      var sentence = navigator.onLine === false ? text.offline : text.broken;
      tell(tries > 1 ? sentence + text.again : sentence, true);
    }
    xhr.upload.addEventListener('progress', function (event) {
      alive();
      if (!event.lengthComputable) return;
      bar.max = event.total;
      bar.value = event.loaded;
      say(event.loaded < event.total ? put(text.sent, event.loaded, event.total) + left(event, begun) : text.waiting);
    });
    xhr.upload.addEventListener('load', function () { bar.value = bar.max; say(text.waiting); });
    xhr.addEventListener('load', function () {
      if (running !== mine) return;
      stop();
      answered(xhr);
    });
    ['error', 'abort', 'timeout'].forEach(function (name) { xhr.addEventListener(name, fail); });
    xhr.open('POST', form.getAttribute('action'));
    xhr.setRequestHeader('HX-Request', 'true');          /* a sentence, or where to go, instead of a page */
    bar.value = 0;
    say(put(text.sent, 0, one.size));
    sending.hidden = false;
    buttons.hidden = true;
    alive();
    xhr.send(data);
  }

  function left(event, begun) {
    var spent = (Date.now() - begun) / 1000;
    if (spent < 2 || !event.loaded) return '';
    var seconds = Math.ceil(spent * (event.total - event.loaded) / event.loaded);
    return text.left + (seconds < 90 ? Math.ceil(seconds / 5) * 5 + text.seconds : Math.ceil(seconds / 60) + text.minutes);
  }

  function answered(xhr) {
    var address = xhr.getResponseHeader('HX-Redirect');
    if (address) { location.href = address; return; }
    if (xhr.status === 413 || xhr.status === 422) { tell(sentence(xhr) || text.server); field.focus(); return; }
    if (xhr.status === 400) { tell(text.stale); return; }
    tell(text.server, true);
  }
  function sentence(xhr) {
    var held = document.createElement('template');
    held.innerHTML = xhr.responseText;
    var alert = held.content.querySelector('[role=alert]');
    return alert ? alert.textContent.trim() : '';
  }

  form.addEventListener('submit', function (event) { event.preventDefault(); tries = 0; send(); });
  form.querySelector('[data-do=cancel]').addEventListener('click', function () {
    if (!running) return;
    running.isStopped = true;
    running.xhr.abort();
  });
  field.addEventListener('change', function () { chosen = null; tries = 0; broken.hidden = true; });
  window.addEventListener('online', function () {
    if (!broken.hidden && broken.querySelector('button')) tell(text.online, true);
  });
  window.addEventListener('offline', function () {
    if (running) running.xhr.abort();
  });
  window.addEventListener('beforeunload', function (event) {
    if (running) { event.preventDefault(); event.returnValue = ''; }
  });

  /* A file dropped on the form ---------------------------------------------------------- */
  var hint = form.querySelector('.only-js');
  if (hint) hint.hidden = false;
  function over(event) {
    if (!event.dataTransfer || [].indexOf.call(event.dataTransfer.types, 'Files') < 0) return;
    event.preventDefault();
    form.classList.toggle('over', event.type === 'dragover');
  }
  form.addEventListener('dragover', over);
  form.addEventListener('dragleave', over);
  form.addEventListener('drop', function (event) {
    over(event);
    var one = event.dataTransfer && event.dataTransfer.files[0];
    if (!one || running) return;
    try { field.files = event.dataTransfer.files; } catch (ignored) { /* an old browser keeps its field to itself */ }
    chosen = one;
    tries = 0;
    broken.hidden = true;
    send();
  });
})();
